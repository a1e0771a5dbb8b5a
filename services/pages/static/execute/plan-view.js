// A plan before the start: how many calls, how many requests at most, what it may cost, what is missing.

import { el } from "../dom.js";
import { count, duration, money, phaseLabel, plural } from "../format.js";

const figure = (label, value, name) =>
  el("div", {}, el("dt", { text: label }), el("dd", { text: value, data: { plan: name } }));

/** The nodes that show a plan. */
export function planView({
  planned_calls: calls,
  phases,
  max_requests_total: ceiling,
  cost_usd: cost,
  duration_s: seconds,
  warnings,
  missing,
}) {
  const parts = phases.map(({ phase, planned_calls: planned }) => `${phaseLabel(phase)}: ${count(planned)}`);
  return [
    el(
      "dl",
      { class: "figures" },
      figure("calls", count(calls), "planned_calls"),
      figure("requests at most", count(ceiling), "max_requests_total"),
      figure("cost, expected", money(cost.expected), "cost_expected"),
      figure("cost, at worst", money(cost.worst), "cost_worst"),
      figure("duration, about", duration(seconds), "duration_s"),
    ),
    el("p", { class: "muted", text: parts.join(" · ") }),
    missing.length ? missingBox(missing) : null,
    warnings.length ? listBox("Before you start", warnings, "warning") : null,
  ].filter(Boolean);
}

const missingBox = (missing) =>
  listBox(`${plural(missing.length, "environment variable")} must be set where the executor runs:`, missing, "error");

function listBox(title, lines, level) {
  const list = el("ul", {}, ...lines.map((text) => el("li", { text })));
  return el("div", { class: "told", data: { level, plan: level } }, el("strong", { text: title }), list);
}
