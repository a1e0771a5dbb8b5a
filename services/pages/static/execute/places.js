// Where in a text a mistake is: from a path like `limits.providers.openai.concurency` or `generation.models[1].top_p` to a
// line of YAML or JSON. Pure.

/** The parts of a path: names and places in lists. */
export const partsOf = (path) =>
  [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, place, name]) => (place === undefined ? name : Number(place)));

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * The number of the line (1, 2, ...) that the path leads to as far as it can be followed; null where not even its first
 * part is in the text.
 */
export function lineOf(text, path) {
  const lines = text.split("\n");
  let at = -1;
  for (const part of partsOf(path)) {
    const next = typeof part === "number" ? itemAfter(lines, at, part) : keyAfter(lines, at, part);
    if (next === null) break;
    at = next;
  }
  return at < 0 ? null : at + 1;
}

function keyAfter(lines, at, name) {
  const key = new RegExp(`(^|[\\s{,"'-])${escaped(name)}["']?\\s*:`);
  const within = at < 0 ? -1 : indent(lines[at]);
  for (let line = Math.max(at, 0); line < lines.length; line += 1) {
    // Past the part that is looked into: whatever has the same name there is something else.
    if (line > at && lines[line].trim() && indent(lines[line]) < within) return null;
    if (key.test(lines[line])) return line;
  }
  return null;
}

function itemAfter(lines, at, place) {
  let left = place;
  for (let line = at + 1; line < lines.length; line += 1) {
    if (!/^\s*(-\s|[{"])/.test(lines[line])) continue;
    if (left === 0) return line;
    left -= 1;
  }
  return null;
}

const indent = (line) => line.length - line.trimStart().length;
