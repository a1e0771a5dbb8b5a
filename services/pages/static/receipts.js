// The page's own account of what it got, sent back so that a loss shows at the service, too. Best effort, never silent.

import { runReceipts } from "./addresses.js";

const POST_LIMIT_MS = 5_000;

/**
 * Sends `{position, received, unreadable, draw_faults}`: the newest position, the events that came one by one, the messages
 * that could not be read, the times a part could not be drawn. The answer is `{ok, detail}`, whatever happens.
 */
export async function sendReceipt(base, runId, { position, received, unreadable, drawFaults }, fetch) {
  try {
    const response = await fetch(runReceipts(base, runId), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ position: position || null, received, unreadable, draw_faults: drawFaults }),
      // A page that is being left sends its last one, too.
      keepalive: true,
      signal: AbortSignal.timeout(POST_LIMIT_MS),
    });
    return response.ok ? { ok: true, detail: "" } : { ok: false, detail: `answered with ${response.status}` };
  } catch {
    return { ok: false, detail: "no answer" };
  }
}
