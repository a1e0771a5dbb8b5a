// The hooks: each field of the stats stands in one element `[data-stat="name"]`, its value as it came in `data-value`.

/** Show a value: `text` for people, `data-value` as plain text (strings as they are, anything else as JSON). */
export function showStat(node, value, text) {
  const raw = typeof value === "string" ? value : JSON.stringify(value ?? null);
  if (node.dataset.value !== raw) node.dataset.value = raw;
  if (text !== undefined && node.textContent !== text) node.textContent = text;
}
