// Why a stream was closed for good. EventSource does not say, so the run's JSON is asked, once.

import { FINAL } from "./run-status.js";

const ASK_LIMIT_MS = 10_000;
const TRY_AGAIN = new Set([404, 408, 425, 429]);

/**
 * What to do next: `{next: "again" | "ended" | "refused", detail, waitMs, position}`.
 * `again`: the same place after a pause; `ended`: the run is over at `position`; `refused`: trying again is no use.
 */
export async function askWhy(address, fetch) {
  let response;
  try {
    response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(ASK_LIMIT_MS) });
  } catch {
    return { next: "again", detail: `no answer from ${new URL(address).origin}${mayNotRead(address)}` };
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body === null ? strange(response) : accepted(body);
  const detail = `${response.status} ${body?.detail ?? body?.title ?? response.statusText}`.trim();
  // Only the service itself refuses for good: what a proxy or a login page before it answers may be other in a minute.
  const final = response.status < 500 && !TRY_AGAIN.has(response.status) && (body?.title ?? body?.detail);
  if (final) return { next: "refused", detail };
  const seconds = Number(response.headers.get("Retry-After"));
  return { next: "again", detail, waitMs: seconds > 0 ? seconds * 1000 : undefined };
}

/** A browser does not say whether nobody answered or this page may not read the answer. */
function mayNotRead(address) {
  const here = globalThis.location?.origin;
  if (here === undefined || here === new URL(address).origin) return "";
  return `; or it does not let pages of ${here === "null" ? "files" : here} read (ACM2_CORS_ORIGINS names those it does)`;
}

const strange = ({ status }) => ({ next: "again", detail: `${status}, but the answer was not the service's` });

const accepted = ({ status, position = null }) =>
  FINAL.has(status) ? { next: "ended", detail: "", position } : { next: "again", detail: "the stream was refused" };
