// The producer, and what is lost, late or refused between it and this page.

import { clock, duration, plural } from "../format.js";
import { FINAL } from "../run-status.js";
import { notice } from "./notice.js";

const LATE_S = 5;

/** What there is to say of the way from the producer into the log. */
export function aboutProducer({ producer: sign, status, storage }) {
  const told = [];
  if (sign?.stopped) {
    const why = sign.stopped.replace(/\.$/, "");
    const text = `The executor sends no more events of this run: ${why}. The numbers here are not all there is.`;
    told.push(notice("error", "stopped", text));
  }
  if (sign?.state === "silent" && !FINAL.has(status)) {
    const waiting = sign.pending == null ? "" : `, ${plural(sign.pending, "event")} waiting there`;
    const text = `producer silent since ${clock(sign.since)}${waiting}. The numbers may be old.`;
    told.push(notice("warning", "producer", text));
  } else if (sign?.pending && sign.oldest_pending_s >= LATE_S) {
    const late = duration(sign.oldest_pending_s);
    const text = `${plural(sign.pending, "event")} waiting at the producer, the oldest for ${late}.`;
    told.push(notice("info", "pending", text));
  }
  if (sign?.storage && sign.storage !== "ok") {
    const what = sign.storage === true ? "" : `: ${sign.storage}`;
    told.push(notice("warning", "storage", `The producer cannot store what it does${what}. It makes no new request.`));
  }
  if (storage && storage !== "ok") {
    const text = `telemetry cannot store events: ${storage}. What is stored can be read; new events wait at the producer.`;
    told.push(notice("error", "store", text));
  }
  return told;
}
