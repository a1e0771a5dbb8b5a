// Why a stream was closed for good. EventSource does not say, so the run's JSON is asked, once.

import { FINAL } from "./run-status.js";

const ASK_LIMIT_MS = 10_000;
const TRY_AGAIN = new Set([404, 408, 425, 429]);

/**
 * What to do next: `{next: "again" | "fresh" | "refused", detail, waitMs}`.
 * `again`: the same place after a pause; `fresh`: from the start, the run has ended; `refused`: trying again is no use.
 */
export async function askWhy(address, fetch) {
  let response;
  try {
    response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(ASK_LIMIT_MS) });
  } catch {
    return { next: "again", detail: `no answer from ${new URL(address).origin}` };
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return FINAL.has(body.status) ? { next: "fresh", detail: "" } : { next: "again", detail: "" };
  const detail = `${response.status} ${body.detail ?? body.title ?? response.statusText}`.trim();
  if (response.status < 500 && !TRY_AGAIN.has(response.status)) return { next: "refused", detail };
  const seconds = Number(response.headers.get("Retry-After"));
  return { next: "again", detail, waitMs: seconds > 0 ? seconds * 1000 : undefined };
}
