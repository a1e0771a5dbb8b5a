// What is asked for: a preset by name, or somebody's own configuration as YAML or JSON. Pure.

const JSON_TYPE = "application/json";
const YAML_TYPE = "application/yaml";

/**
 * The request for POST /plan and POST /runs: `{headers, body}`; null when nothing is chosen. With `from`, a run's id, the
 * documents of that run are judged; without preset and configuration that run's own configuration says how.
 */
export function requestFor({ preset, config, from = null }) {
  const text = config.trim();
  const documents = from ? { documents_from: { run: from } } : {};
  const more = from ? `, "documents_from": ${JSON.stringify(documents.documents_from)}` : "";
  if (text.startsWith("{")) return { headers: { "Content-Type": JSON_TYPE }, body: `{"config": ${text}${more}}` };
  if (text) {
    const line = from ? `documents_from: ${JSON.stringify(documents.documents_from)}\n` : "";
    return { headers: { "Content-Type": YAML_TYPE }, body: `${line}config:\n${indented(text)}\n` };
  }
  if (!preset && !from) return null;
  const body = JSON.stringify({ ...(preset ? { preset } : {}), ...documents });
  return { headers: { "Content-Type": JSON_TYPE }, body };
}

/** The type of a preset's text: what begins like an object is JSON, anything else YAML. */
export const typeOf = (text) => (text.trim().startsWith("{") ? JSON_TYPE : YAML_TYPE);

const indented = (text) => text.replace(/^---\s*\n/, "").replace(/^/gm, "  ");
