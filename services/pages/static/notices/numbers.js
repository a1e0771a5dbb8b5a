// How far the numbers can be trusted: what is broken, missing, refused, lost or repeated.

import { plural } from "../format.js";
import { notice } from "./notice.js";

/** What there is to say of the numbers and of the log they come from. */
export function aboutNumbers(state, { links } = {}) {
  return [...broken(state), ...missing(state, links), ...lost(state)];
}

function broken({ stats, complete, audit }) {
  const told = listOf(stats?.violations).map((text, index) =>
    notice("error", `violation-${index}`, `These numbers break a promise: ${text}.`),
  );
  if (complete === false) {
    const text =
      "This log is not complete: it differs from what the producer says it sent. Do not trust these numbers.";
    told.push(notice("error", "incomplete", text));
  }
  for (const [index, difference] of (audit?.state === "different" ? audit.differences : []).entries()) {
    told.push(notice("error", `audit-${index}`, `Checked here, it does not add up: ${difference}.`));
  }
  return told;
}

function missing({ stats, rejected, refused, unaccounted }, links) {
  const told = [];
  if (unaccounted > 0) {
    const are = unaccounted === 1 ? "is" : "are";
    const text = `${plural(unaccounted, "event")} ${are} missing: delivered, the producer says, but not in this log.`;
    told.push(notice("error", "unaccounted", text));
  }
  if (stats?.discarded) {
    const text = `The producer had to drop ${plural(stats.discarded, "event")}; the log says why (client_report).`;
    told.push(notice("warning", "discarded", text));
  }
  if (rejected > 0) {
    const text = `${plural(rejected, "event")} refused by the service${reasons(refused)}.`;
    const link = links && { href: links.rejected, text: "see them" };
    told.push(notice("warning", "rejected", text, link ? { link } : {}));
  }
  return told;
}

/** The reasons of the refused events that are known, each once. */
function reasons(refused) {
  const named = new Set(listOf(refused?.rejected).map(({ reason }) => reason));
  return named.size ? `: ${[...named].join(", ")}` : "";
}

/** What a crash cost: nothing of it is hidden in the sums. */
function lost({ stats }) {
  if (!stats) return [];
  const told = [];
  const died = listOf(stats.errors).find(({ kind }) => kind === "worker_died")?.count ?? 0;
  if (died > 0) {
    const unpriced = stats.unpriced_attempts;
    const cost = unpriced
      ? `cost counted as unknown where nobody said it (${plural(unpriced, "request")} unpriced, not in the sum)`
      : "cost counted in the sum";
    const text = `${plural(died, "attempt")} lost with ${died === 1 ? "its" : "their"} process, ${cost}.`;
    told.push(notice("info", "lost-attempts", text));
  }
  if (stats.uncertain_attempts > 0) {
    const many = plural(stats.uncertain_attempts, "request");
    const text = `${many} uncertain: they may or may not have reached the provider, and are the one doubt in these numbers.`;
    told.push(notice("info", "uncertain", text));
  }
  if (stats.lost_calls > 0) {
    const text = `${plural(stats.lost_calls, "call")} lost: not tried again unless the run is resumed.`;
    told.push(notice("warning", "lost-calls", text));
  }
  return told;
}

const listOf = (value) => (Array.isArray(value) ? value : []);
