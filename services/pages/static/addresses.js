// Addresses at a telemetry service, all made from its base: the address its page is served at.

const run = (base, runId) => new URL(`runs/${encodeURIComponent(runId)}`, base);

function under(base, runId, part, query = {}) {
  const url = new URL(`${run(base, runId)}/${part}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** The service a module of ours was loaded from: `https://host/static/x.js` belongs to `https://host/`. */
export const baseOf = (moduleUrl) => new URL("..", moduleUrl).href;

/** A base somebody wrote, with the slash that relative addresses need at its end. */
export const asBase = (text, page) => new URL(text.endsWith("/") ? text : `${text}/`, page).href;

export const runJson = (base, runId) => run(base, runId).href;
export const runLive = (base, runId, query) => under(base, runId, "live", query);
export const runEvents = (base, runId, query) => under(base, runId, "events", query);
export const runRejected = (base, runId) => under(base, runId, "rejected");
export const runReceipts = (base, runId) => under(base, runId, "receipts");
export const runPage = (base, runId) => new URL(`?run=${encodeURIComponent(runId)}`, base).href;
export const runList = (base, query) => new URL(`runs?${new URLSearchParams(query)}`, base).href;
/** A run at the executor whose public address this is. */
export const executorRun = (executor, runId) => run(asBase(executor), runId).href;
export const summaryLive = (base) => new URL("live?event=message&heartbeat=5", base).href;
