// The way to the service: since when it is cut, what waits meanwhile, what was missed.

import { clock, count, plural, statusLabel } from "../format.js";
import { notice } from "./notice.js";

/** A cut that is healed within this time shows at the connection only: a line that comes and goes makes the page jump. */
const HEALED_MS = 1_000;

/** What there is to say of the connection. */
export function aboutLink({ connection, executor, producer, hello, gap, drain }, now) {
  const told = [];
  const { state, downSince, detail } = connection;
  if (state === "refused") told.push(notice("error", "refused", `The service refuses this stream: ${detail}`));
  if (downSince !== null && now - downSince >= HEALED_MS) {
    const why = detail ? ` (${detail})` : "";
    const since = `stats link down since ${clock(downSince)}`;
    const old = hello ? " The numbers below may be old; the run itself goes on." : "";
    told.push(notice("warning", "link", `${since}, ${waiting(executor, producer)}${why}.${old}${inWords(executor)}`));
  } else if (state === "slow") {
    const text =
      "Still waiting for the service. Browsers open six streams to one host at most: other tabs may hold them all.";
    told.push(notice("warning", "slow", text));
  }
  if (drain) told.push(notice("info", "drain", "The service is being restarted; this page comes back by itself."));
  if (gap) told.push(notice("warning", "gap", missed(gap)));
  return told;
}

function missed({ requested, oldest, reason }) {
  const why = String(reason).replaceAll("_", " ");
  const shown = oldest === null ? "nothing after it can be had" : `the page shows all from ${oldest}`;
  return `Gap: the service does not have everything after ${requested} (${why}); ${shown}.`;
}

function waiting(executor, producer) {
  if (executor?.pending != null) return `${plural(executor.pending, "event")} waiting`;
  if (producer?.pending != null) return `${plural(producer.pending, "event")} waiting when last heard`;
  return "how many events wait is not known";
}

/** What the executor says meanwhile. */
function inWords(executor) {
  if (!executor) return "";
  if (executor.failed) return ` The executor cannot be asked either: ${executor.failed}.`;
  const of = executor.planned == null ? "" : ` of ${count(executor.planned)}`;
  const done = executor.successful == null ? "" : `, ${count(executor.successful)}${of} calls ok`;
  return ` The executor says: ${statusLabel(executor.status)}${done}.`;
}
