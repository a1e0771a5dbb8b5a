// The calls in flight: what is asked of whom, in which attempt, for how long by now, and what it waits for.

import { el, setText, show, syncChildren } from "../dom.js";
import { age, count, modelLabel, phaseLabel } from "../format.js";
import { asOf, hasStopped } from "../stopped.js";
import { showStat } from "./stat.js";

const WAITS = { slot: "a free slot", rate: "the rate limit", backoff: "the next try", pause: "the pause to end" };

/** The section: `node`, and `update(state, now)`; `now` is the page's clock. */
export function inFlight() {
  const list = el("ul", { class: "rows" });
  const more = el("p", { class: "muted" });
  const title = el("h3");
  const node = el("section", { data: { stat: "in_flight_calls" } }, title, list, more);
  return {
    node,
    update(state, now) {
      const { stats } = state;
      const calls = stats.in_flight_calls;
      const served = servedAt(state, now);
      setText(title, asOf(state, "In flight"));
      showStat(node, calls);
      show(node, calls.length > 0);
      syncChildren(list, calls, {
        key: ({ call_id: id }) => id,
        make: () => el("li", {}, ...["what", "who", "seconds", "wait"].map((name) => el("span", { class: name }))),
        update: (row, call) => draw(row, call, served),
      });
      const hidden = stats.in_flight - calls.length;
      setText(more, hidden > 0 ? `and ${count(hidden)} more` : "");
    },
  };
}

/** The service's time of what is shown: it stands still where no more comes. Pure. */
export function servedAt(state, now) {
  if (hasStopped(state) && state.eventTime !== null) return Date.parse(state.eventTime);
  return now + (state.clockOffsetMs ?? 0);
}

function draw(row, call, served) {
  const [what, who, seconds, wait] = row.children;
  setText(what, call.label ?? call.call_id);
  const attempt = call.attempt > 1 ? `attempt ${call.attempt}` : null;
  setText(who, [modelLabel(call), call.phase && phaseLabel(call.phase), attempt].filter(Boolean).join(" · "));
  setText(seconds, age(served - Date.parse(call.since)));
  setText(wait, waiting(call, served));
  show(wait, call.waits_for !== null);
}

/** What a call waits for, and for how long still. Pure. */
export function waiting({ waits_for: kind, until }, served) {
  if (kind === null) return "";
  const left = until === null ? 0 : Date.parse(until) - served;
  return `waits for ${WAITS[kind] ?? kind}${left > 0 ? `, ${age(left + 999)} more` : ""}`;
}
