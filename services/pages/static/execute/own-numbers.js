// The executor's own numbers, asked for every few seconds: what there is to see when telemetry's element cannot be had.

import { el, setText } from "../dom.js";
import { count, money, phaseLabel, plural, statusLabel } from "../format.js";

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
  const waiting = el("p", { class: "missing" });
  const node = el("section", { class: "panel choose", data: { role: "own-numbers" } }, standing, figures, waiting);
  return {
    node,
    update({ status, stats, telemetry }) {
      const phase = stats?.current_phase ? `, ${phaseLabel(stats.current_phase)}` : "";
      standing.textContent = `${statusLabel(status)}${phase}`;
      setText(waiting, telemetry?.pending ? `${plural(telemetry.pending, "event")} wait to be sent to telemetry.` : "");
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
