// The executor's own numbers, asked for every few seconds: what there is to see while telemetry's element has none.

import { el, setText } from "../dom.js";
import { count, money, phaseLabel, statusLabel } from "../format.js";

const ROWS = [
  ["planned_calls", "planned", count],
  ["successful_calls", "ok", count],
  ["failed_calls", "failed", count],
  ["retries", "retried", count],
  ["in_flight", "in flight", count],
  ["queued", "queued", count],
  ["attempts", "requests", count],
  ["cost_usd", "cost", money],
];

/** The panel: `node`, and `update(run)` with what `GET /runs/{id}` says. */
export function ownNumbers() {
  const standing = el("p", { class: "answer" });
  const figures = el("dl", { class: "figures" });
  const node = el(
    "section",
    { class: "panel choose", hidden: true, data: { role: "own-numbers" } },
    el("h2", { text: "The executor's own numbers" }),
    standing,
    figures,
  );
  return {
    node,
    update({ status, reason, stats }) {
      const phase = stats?.current_phase ? `, ${phaseLabel(stats.current_phase)}` : "";
      setText(standing, `${statusLabel(status)}${phase}${reason && status !== "running" ? ` (${reason})` : ""}`);
      figures.replaceChildren(
        ...ROWS.map(([name, label, format]) => figure(label, name, format, stats?.[name] ?? null)),
      );
    },
  };
}

const figure = (label, name, format, value) =>
  el(
    "div",
    {},
    el("dt", { text: label }),
    el("dd", { text: format(value), data: { stat: name, value: JSON.stringify(value) } }),
  );
