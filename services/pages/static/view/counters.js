// Every number of the stats, the ones people look for first and largest.

import { el, setText, show } from "../dom.js";
import { atMost, count, money } from "../format.js";
import { showStat } from "./stat.js";

/** name in the stats, label, tone, what it means. */
const LARGE = [
  ["successful_calls", "ok", "ok", "Calls that have their answer"],
  ["failed_calls", "failed", "bad", "Calls that ended without an answer"],
  ["retries", "retried", "warn", "Requests made again after one that brought no answer"],
  ["in_flight", "in flight", "run", "Calls that are being asked now"],
  ["queued", "queued", "", "Calls that wait for their turn"],
];

const GROUPS = [
  [
    "Calls",
    ["total_calls", "begun", "", "In flight, or ended after at least one request"],
    ["cancelled_calls", "cancelled", "", "Ended because the run was cancelled"],
    ["lost_calls", "lost", "bad", "The process that held them died, and they were not tried again"],
    ["not_started", "not started", "", "Ended before any request was made"],
  ],
  [
    "Requests",
    ["attempts", "made", "", "Requests to providers, each try counted"],
    ["failed_attempts", "failed", "warn", "Requests that brought no accepted answer"],
    ["unsent_attempts", "never sent", "", "Requests that certainly never left"],
    ["uncertain_attempts", "uncertain", "warn", "Requests that may or may not have reached the provider"],
    ["max_requests_total", "at most", "", "The ceiling computed before the start"],
  ],
  [
    "Tokens and cost",
    ["input_tokens", "input", "", "Tokens sent"],
    ["output_tokens", "output", "", "Tokens received"],
    ["cost_usd", "cost", "", "What the requests cost, as far as prices are known"],
    ["max_cost_usd", "at most", "", "The budget: the request that would pass it is never sent"],
    ["unpriced_attempts", "unpriced", "warn", "Requests whose cost is not known; it is not in the sum"],
  ],
  [
    "Time per request",
    ["duration_s.p50", "p50", "", "Half of the answered requests took at most this long"],
    ["duration_s.p95", "p95", "", "95 of 100 answered requests took at most this long"],
    ["discarded", "events dropped", "bad", "Events the producer had to drop"],
  ],
];

const limit = (value) => (value == null ? "no limit" : money(value));

const TEXT = { cost_usd: money, max_cost_usd: limit, "duration_s.p50": atMost, "duration_s.p95": atMost };

const valueOf = (stats, name) => name.split(".").reduce((value, part) => value[part], stats);

/** The counters: `node`, and `update(state)`. */
export function counters() {
  const cells = new Map();
  const cell = ([name, label, tone, hint]) => {
    const value = el("dd", { data: { stat: name } });
    cells.set(name, value);
    return el("div", { class: "cell", data: { tone }, title: hint }, el("dt", { text: label }), value);
  };
  const unpriced = el("span", { class: "unpriced" });
  const node = el(
    "section",
    { class: "counters", "aria-label": "Counters" },
    el("dl", { class: "large" }, ...LARGE.map(cell)),
    el(
      "div",
      { class: "groups" },
      ...GROUPS.map(([title, ...members]) =>
        el("div", { class: "group" }, el("h3", { text: title }), el("dl", {}, ...members.map(cell))),
      ),
    ),
  );
  cells.get("cost_usd").after(unpriced);
  return {
    node,
    update({ stats }) {
      for (const [name, value] of cells) {
        const raw = valueOf(stats, name);
        showStat(value, raw, (TEXT[name] ?? count)(raw));
        value.parentElement.dataset.zero = String(raw === 0 || raw === null);
      }
      setText(unpriced, stats.unpriced_attempts ? `+ ${count(stats.unpriced_attempts)} unpriced` : "");
      show(unpriced, stats.unpriced_attempts > 0);
    },
  };
}
