// A plan before the start: how many calls, how many requests at most, what it may cost and at which prices, what is missing.

import { pricePart } from "./plan-prices.js";
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
  prices,
}) {
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
    phaseList(phases),
    pricePart(prices),
    missing.length ? missingBox(missing) : null,
    warnings.length ? listBox("Before you start", warnings, "warning") : null,
  ].filter(Boolean);
}

const missingBox = (missing) =>
  listBox(`${plural(missing.length, "environment variable")} must be set where the executor runs:`, missing, "error");

/** Calls for each phase, with bars of the same scale. */
function phaseList(phases) {
  const most = Math.max(1, ...phases.map(({ planned_calls: calls }) => calls));
  return el(
    "ul",
    { class: "plan-phases", data: { plan: "phases" } },
    ...phases.map(({ phase, planned_calls: calls }) => {
      const text = plural(calls, "call");
      const bar = el("meter", { min: 0, max: most, value: calls, "aria-label": `${phaseLabel(phase)}: ${text}` });
      const name = el("span", { text: phaseLabel(phase) });
      return el("li", { data: { phase } }, name, bar, el("span", { class: "muted", text }));
    }),
  );
}

function listBox(title, lines, level) {
  const list = el("ul", {}, ...lines.map((text) => el("li", { text })));
  return el("div", { class: "told", data: { level, plan: level } }, el("strong", { text: title }), list);
}
