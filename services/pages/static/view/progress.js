// How far the run is: one bar for all calls, one for each phase, and when it may be over.

import { el, setText, show, syncChildren } from "../dom.js";
import { count, duration, percent, phaseLabel, rate as perMinute } from "../format.js";
import { givenUp, goneThrough } from "../progress-words.js";
import { hasStopped } from "../stopped.js";
import { showStat } from "./stat.js";

const PARTS = ["ok", "bad", "other", "flight", "rest"];

/** What a bar is made of, from a set of counters; `planned` may be unknown. Pure. */
export function shares(numbers) {
  const { successful_calls: ok, failed_calls: bad, in_flight: flight, queued } = numbers;
  const other = numbers.cancelled_calls + numbers.lost_calls + numbers.not_started;
  const ended = ok + bad + other;
  const all = Math.max(numbers.planned_calls ?? 0, ended + flight + queued);
  return { ok, bad, other, flight, rest: all - ended - flight, done: goneThrough(numbers), all };
}

function bar() {
  const parts = PARTS.map((name) => el("span", { class: `part ${name}` }));
  const node = el("div", { class: "bar", role: "progressbar", "aria-valuemin": "0" }, ...parts);
  return {
    node,
    update(share, label) {
      PARTS.forEach((name, index) => {
        parts[index].style.setProperty("flex-grow", share[name]);
        show(parts[index], share[name] > 0);
      });
      node.setAttribute("aria-label", label);
      node.setAttribute("aria-valuemax", share.all);
      node.setAttribute("aria-valuenow", share.done);
    },
  };
}

/** The progress section: `node`, and `update(state)`. */
export function progress() {
  const whole = bar();
  const done = el("strong", { data: { role: "done" } });
  const planned = el("span", { data: { stat: "planned_calls" } });
  const part = el("span", { class: "muted" });
  const rate = el("span", { data: { stat: "calls_per_minute" } });
  const eta = el("span", { data: { stat: "eta_s" } });
  const left = el("span", {}, " · about ", eta, " left");
  const current = el("p", { class: "current", data: { stat: "current_call" } });
  const phases = el("ul", { class: "phases", data: { stat: "by_phase" } });
  const node = el(
    "section",
    { class: "progress", "aria-label": "Progress" },
    el(
      "p",
      { class: "sum" },
      el("span", {}, done, " of ", planned, " calls done ", part),
      el("span", {}, rate, " calls/min", left),
    ),
    whole.node,
    current,
    phases,
  );
  return {
    node,
    update(state) {
      const { stats } = state;
      const stopped = hasStopped(state);
      const share = shares(stats);
      whole.update(share, "all calls");
      setText(done, count(share.done));
      showStat(
        planned,
        stats.planned_calls,
        stats.planned_calls === null ? "an unknown number of" : count(stats.planned_calls),
      );
      const shown = stats.planned_calls ? `(${percent(share.done, stats.planned_calls)})` : "";
      setText(part, [shown, givenUp(stats)].filter(Boolean).join(" · "));
      showStat(rate, stats.calls_per_minute, perMinute(stats.calls_per_minute));
      showStat(eta, stats.eta_s, duration(stats.eta_s));
      show(left, stats.eta_s !== null && !stopped);
      const when = stopped ? "Last heard" : "Now";
      showStat(current, stats.current_call, stats.current_call === null ? "" : `${when}: ${stats.current_call}`);
      show(current, stats.current_call !== null);
      showStat(phases, stats.by_phase);
      show(phases, stats.by_phase.length > 1);
      syncChildren(phases, stats.by_phase, { key: ({ phase }) => phase, make: phaseRow, update: drawPhase });
    },
  };
}

/**
 * Where a phase stands: `waits`, `now`, `done`, or `ended` where some of it was given up. Phases overlap: nothing waits for
 * another input. Pure.
 */
export function phaseState(phase) {
  const { ok, bad, other, flight, all } = shares(phase);
  const ended = ok + bad + other;
  if (all > 0 && ended === all) return other > 0 ? "ended" : "done";
  return flight > 0 || ended > 0 ? "now" : "waits";
}

const STATE_WORDS = { waits: "waits", now: "", done: "done", ended: "ended" };

const bars = new WeakMap();

function phaseRow() {
  const own = bar();
  const row = el("li", {}, el("span", { class: "name" }), own.node, el("span", { class: "numbers" }));
  bars.set(row, own);
  return row;
}

function drawPhase(row, phase) {
  const share = shares(phase);
  const [name, , numbers] = row.children;
  row.dataset.phase = phase.phase;
  row.dataset.state = phaseState(phase);
  setText(name, phaseLabel(phase.phase));
  bars.get(row).update(share, phaseLabel(phase.phase));
  const stands = [`${count(share.done)} / ${count(phase.planned_calls)}`, STATE_WORDS[row.dataset.state]];
  setText(numbers, stands.filter(Boolean).join(" "));
  const more = givenUp(phase);
  if (row.title !== more) row.title = more;
}
