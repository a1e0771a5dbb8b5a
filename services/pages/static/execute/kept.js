// Texts the executor keeps by name (presets, the library): read with their version, written only over that version.

import { ask } from "../problem.js";

/** `{text, type, tag}` of what is at the address, as it is kept; throws `Refused`. */
export async function readKept(address) {
  const response = await ask(`${address}?as=source`, { cache: "no-store" });
  const type = response.headers.get("Content-Type") ?? "";
  const text = await response.text();
  return { text: shown(text, type), type, tag: response.headers.get("ETag") };
}

/** Put `body` there: over the version `tag`, or, where that is null, only where nothing is. The new tag. */
export async function writeKept(address, { type, body }, tag) {
  const only = tag === null ? { "If-None-Match": "*" } : { "If-Match": tag };
  const response = await ask(address, { method: "PUT", headers: { "Content-Type": type, ...only }, body });
  return response.headers.get("ETag");
}

/** Take it away, if it is still that version. */
export async function removeKept(address, tag) {
  await ask(address, { method: "DELETE", headers: tag === null ? {} : { "If-Match": tag } });
}

/** JSON as people edit it: what stands in one line is spread. */
function shown(text, type) {
  if (!type.includes("json") || text.trim().includes("\n")) return text;
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
  } catch {
    return text;
  }
}
