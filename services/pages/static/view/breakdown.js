// The same counters for each phase and each model, as a table.

import { el, setText, show, syncChildren } from "../dom.js";
import { atMost, count, modelLabel, money, phaseLabel, short } from "../format.js";
import { showStat } from "./stat.js";

const COLUMNS = [
  ["ok", ({ successful_calls: value }) => count(value)],
  ["failed", ({ failed_calls: value }) => count(value)],
  ["in flight", ({ in_flight: value }) => count(value)],
  ["queued", ({ queued }) => count(queued)],
  ["retried", ({ retries }) => count(retries)],
  ["requests", ({ attempts }) => count(attempts)],
  ["tokens in", ({ input_tokens: value }) => short(value)],
  ["tokens out", ({ output_tokens: value }) => short(value)],
  [
    "cost",
    ({ cost_usd: cost, unpriced_attempts: more }) => (more && cost !== null ? `${money(cost)} + ?` : money(cost)),
  ],
  ["p50", ({ duration_s: { p50 } }) => atMost(p50)],
  ["p95", ({ duration_s: { p95 } }) => atMost(p95)],
];

/** A table for one field of the stats: `node`, and `update(state)`. `name(row)` is the row's heading. */
function breakdown({ title, field, heading, name, hook }) {
  const body = el("tbody");
  const head = el(
    "tr",
    {},
    ...[heading, ...COLUMNS.map(([label]) => label)].map((text) => el("th", { scope: "col", text })),
  );
  const table = el("table", {}, el("thead", {}, head), body);
  const node = el(
    "section",
    { data: hook ? { stat: field } : {} },
    el("h3", { text: title }),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, table),
  );
  return {
    node,
    update({ stats }) {
      const rows = stats[field];
      if (hook) showStat(node, rows);
      show(node, rows.length > 0);
      syncChildren(body, rows, {
        key: name,
        make: () => el("tr", {}, el("th", { scope: "row" }), ...COLUMNS.map(() => el("td"))),
        update: (row, numbers) => {
          const [label, ...cells] = row.children;
          setText(label, name(numbers));
          cells.forEach((cell, index) => setText(cell, COLUMNS[index][1](numbers)));
        },
      });
    },
  };
}

/** By phase; its hook is the list of bars (progress.js). */
export const byPhase = () =>
  breakdown({
    title: "By phase",
    field: "by_phase",
    heading: "phase",
    name: ({ phase }) => phaseLabel(phase),
    hook: false,
  });

/** By model. */
export const byModel = () =>
  breakdown({ title: "By model", field: "by_model", heading: "model", name: modelLabel, hook: true });
