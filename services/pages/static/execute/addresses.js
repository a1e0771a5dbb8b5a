// Addresses at the executor, all made from its base: the address its page is served at.

const run = (base, runId) => `${new URL(`runs/${encodeURIComponent(runId)}`, base)}`;

export const presets = (base) => new URL("presets", base).href;
export const plan = (base) => new URL("plan", base).href;
export const runs = (base) => new URL("runs", base).href;
export const runJson = run;
/** `action` is `cancel`, `pause` or `resume`. */
export const runAction = (base, runId, action) => `${run(base, runId)}/${action}`;
export const runResults = (base, runId) => `${run(base, runId)}/results`;
export const runPage = (base, runId) => new URL(`?run=${encodeURIComponent(runId)}`, base).href;
