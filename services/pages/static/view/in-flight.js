// The calls in flight: what is asked of whom, in which attempt, for how long by now, and what it waits for.

import { el, setText, show, syncChildren } from "../dom.js";
import { age, count, modelLabel, phaseLabel } from "../format.js";
import { asOf, hasStopped } from "../stopped.js";
import { showStat } from "./stat.js";

const WAITS = {
  slot: "waits for a free slot",
  rate: "waits for the rate limit",
  backoff: "backing off",
  pause: "waits for the pause to end",
};

/** Calls that are being asked: `node`, and `update(state, now)`; `now` is the page's clock. */
export const inFlight = () =>
  callList({ field: "in_flight_calls", title: "In flight", total: ({ in_flight: number }) => number });

/** Calls in the queue that have said what keeps them there. */
export const waitingCalls = () => callList({ field: "waiting_calls", title: "Held back", total: () => null });

function callList({ field, title: words, total }) {
  const list = el("ul", { class: "rows" });
  const more = el("p", { class: "muted" });
  const title = el("h3");
  const node = el("section", { data: { stat: field } }, title, list, more);
  return {
    node,
    update(state, now) {
      const { stats } = state;
      const calls = stats[field] ?? [];
      const served = servedAt(state, now);
      setText(title, asOf(state, words));
      showStat(node, calls);
      show(node, calls.length > 0);
      syncChildren(list, calls, {
        key: ({ call_id: id }) => id,
        make: () => el("li", { class: "call" }, ...["what", "who", "seconds", "wait"].map((name) => el("span", { class: name }))),
        update: (row, call) => draw(row, call, served),
      });
      const hidden = (total(stats) ?? 0) - calls.length;
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

/** What a call waits for, how long still, and why: "backing off 12 s (429 rate_limited)". Pure. */
export function waiting({ waits_for: kind, until, reason }, served) {
  if (kind === null) return "";
  const left = until === null ? 0 : Date.parse(until) - served;
  const words = WAITS[kind] ?? `waits for ${kind}`;
  const more = kind === "backoff" ? ` ${age(left + 999)}` : `, ${age(left + 999)} more`;
  return `${words}${left > 0 ? more : ""}${reason ? ` (${reason})` : ""}`;
}
