// What a person who watches must be told beside the numbers, the worst first. Pure: from the state to a list of texts.

import { aboutLink } from "./notices/link.js";
import { aboutNumbers } from "./notices/numbers.js";
import { aboutOutcome } from "./notices/outcome.js";
import { aboutPage } from "./notices/page.js";
import { aboutProducer } from "./notices/producer.js";
import { aboutRun } from "./notices/run.js";
import { count } from "./format.js";
import { goneThrough } from "./progress-words.js";
import { asOf } from "./stopped.js";

const LEVELS = ["error", "warning", "info"];

/**
 * `[{id, level, text, link, action}]`; `link` is `{href, text}`, `action` is `reload`, both only where there is one.
 * `page` is `{build, links}`: the build this page was made by, if known, and the addresses of the run's other views.
 */
export function notices(state, now = Date.now(), page = {}) {
  const told = [
    ...aboutLink(state, now),
    ...aboutRun(state),
    ...aboutOutcome(state),
    ...aboutProducer(state),
    ...aboutNumbers(state, page),
    ...aboutPage(state, page),
  ];
  return told.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

/** One sentence for a screen reader: where the run stands. */
export function spoken(state, statusLabel) {
  const { status, stats } = state;
  if (status === null) return "";
  const stands = asOf(state, statusLabel(status));
  if (!stats) return `Run ${stands}.`;
  const of = stats.planned_calls == null ? "" : ` of ${count(stats.planned_calls)}`;
  const troubles = `${count(stats.failed_calls)} failed, ${count(stats.in_flight)} in flight`;
  return `Run ${stands}: ${count(goneThrough(stats))}${of} calls done, ${troubles}.`;
}
