// What was spent, on what: every attempt counted, failed and repeated ones too.

import { priced } from "./models.js";
import { table } from "../table.js";
import { el } from "../../dom.js";
import { count, phaseLabel } from "../../format.js";
import { withSettings } from "../../rankings.js";

const HEADS = ["requests", "of them failed", "tokens in", "tokens out", "cost", "unpriced"];

const PARTS = [
  ["by_phase", "By phase", "phase", ({ phase }) => phaseLabel(phase)],
  ["by_model", "By model, in all its roles", "model", withSettings],
  ["by_judge", "By judge", "judge", withSettings],
  ["by_document", "By document: making it and scoring it", "document", ({ document }) => document],
  ["by_input", "By input", "input", ({ input }) => input],
];

/** The nodes of all the tables. */
export function costTables({ costs }) {
  if (!costs) return [];
  const total = table(["", ...HEADS], [["all", ...numbers(costs.total)]], { label: "Costs in all" });
  return [
    ...total,
    ...PARTS.flatMap(([name, title, heading, label]) => part(costs[name] ?? [], title, heading, label)),
  ];
}

function part(found, title, heading, label) {
  if (!found.length) return [];
  const rows = found.map((row) => [label(row), ...numbers(row)]);
  return [el("h3", { text: title }), ...table([heading, ...HEADS], rows, { label: title })];
}

const numbers = (spent) => [
  count(spent.attempts),
  count(spent.failed_attempts),
  count(spent.input_tokens),
  count(spent.output_tokens),
  priced(spent.cost_usd, spent.unpriced_attempts),
  count(spent.unpriced_attempts),
];
