// Addresses at the executor, all made from its base: the address its page is served at.

const run = (base, runId) => `${new URL(`runs/${encodeURIComponent(runId)}`, base)}`;

function asked(address, query) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  return url.href;
}

export const presets = (base) => new URL("presets", base).href;
export const plan = (base) => new URL("plan", base).href;
export const runs = (base) => new URL("runs", base).href;
export const runJson = run;
/** `action` is `cancel`, `pause` or `resume`. */
export const runAction = (base, runId, action) => `${run(base, runId)}/${action}`;
export const runResults = (base, runId, query = {}) => asked(`${run(base, runId)}/results`, query);
export const runCalls = (base, runId, query = {}) => asked(`${run(base, runId)}/calls`, query);
export const runCall = (base, runId, callId) => `${run(base, runId)}/calls/${encodeURIComponent(callId)}`;
export const runDocument = (base, runId, document) => `${run(base, runId)}/documents/${encodeURIComponent(document)}`;
/** `format` is `json`, `ndjson`, `csv` or `html`. */
export const runExport = (base, runId, format) => asked(`${run(base, runId)}/export`, { format });
export const preset = (base, name) => new URL(`presets/${encodeURIComponent(name)}`, base).href;
export const library = (base) => new URL("library", base).href;
export const libraryItem = (base, kind, name) =>
  new URL(`library/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`, base).href;
export const compare = (base, runIds) =>
  new URL(`compare?${new URLSearchParams(runIds.map((id) => ["run", id]))}`, base).href;
export const runPage = (base, runId) => new URL(`?run=${encodeURIComponent(runId)}`, base).href;
/** Other views of this page. */
export const presetsPage = (base) => new URL("?presets", base).href;
export const presetPage = (base, name) => new URL(`?preset=${encodeURIComponent(name)}`, base).href;
export const libraryPage = (base) => new URL("?library", base).href;
export const itemPage = (base, kind, name) =>
  new URL(`?library=${encodeURIComponent(kind)}&item=${encodeURIComponent(name)}`, base).href;
export const comparePage = (base, runIds = []) =>
  new URL(runIds.length ? `?${new URLSearchParams(runIds.map((id) => ["compare", id]))}` : "?compare", base).href;
/** The start page with the documents of that run. */
export const againPage = (base, runId) => new URL(`?from=${encodeURIComponent(runId)}`, base).href;
