// What is asked for: a preset by name, or somebody's own configuration as YAML or JSON. Pure.

/** The request for POST /plan and POST /runs: `{headers, body}`; null when nothing is chosen. */
export function requestFor({ preset, config }) {
  const text = config.trim();
  if (text.startsWith("{")) return { headers: { "Content-Type": "application/json" }, body: `{"config": ${text}}` };
  if (text) return { headers: { "Content-Type": "application/yaml" }, body: `config:\n${indented(text)}\n` };
  return preset ? { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ preset }) } : null;
}

const indented = (text) => text.replace(/^---\s*\n/, "").replace(/^/gm, "  ");
