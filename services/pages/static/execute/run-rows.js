// The runs of this executor, newest first, each a link to its page.

import { runPage } from "./addresses.js";
import { el } from "../dom.js";
import { count, plural, statusLabel } from "../format.js";
import { givenUp, goneThrough } from "../progress-words.js";

const TONES = {
  running: "run",
  planned: "run",
  completed: "ok",
  failed: "bad",
  completed_with_errors: "warn",
  interrupted: "warn",
  cancelling: "warn",
  paused: "warn",
};

/** One list item for each run of `GET /runs`. */
export const runRows = (base, runs) =>
  runs.map((run) =>
    el(
      "li",
      {},
      el("a", { href: runPage(base, run.run_id), text: run.run_id }),
      el("span", { class: "pill", text: statusLabel(run.status), data: { tone: TONES[run.status] ?? "other" } }),
      el("span", { class: "muted numbers", text: inWords(run) }),
    ),
  );

/** Preset and numbers of a run in one line. Pure. */
export function inWords({ preset, config, stats }) {
  const parts = [preset ?? config?.name];
  if (stats) {
    const done = goneThrough(stats);
    const planned = stats.planned_calls;
    parts.push(planned === null ? plural(done, "call") : `${count(done)} of ${plural(planned, "call")}`);
    if (stats.failed_calls) parts.push(`${count(stats.failed_calls)} failed`);
    if (givenUp(stats)) parts.push(givenUp(stats));
  }
  return parts.filter(Boolean).join(" · ");
}
