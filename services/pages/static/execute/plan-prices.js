// What each model of a plan costs, before anything is asked: dollars a million tokens, or why nobody knows.

import { table } from "./table.js";
import { el } from "../dom.js";
import { modelLabel, money } from "../format.js";

const SAID_BY = {
  preset: "as the preset says",
  file: "from the executor's own prices",
  "genai-prices": "from the price list that ships with the program",
  free: "nothing is paid",
};

/** One row of prices as `[model, input, output, remark]`. Pure. */
export function priceCells(row) {
  const dearest = row.dearest_input_per_mtok != null;
  const known = row.source !== "unknown";
  const remarks = [
    known ? (SAID_BY[row.source] ?? row.source) : (row.reason ?? "nobody knows its price"),
    row.cached_input_per_mtok != null && `cached input ${money(row.cached_input_per_mtok)}`,
    row.per_request && `and ${money(row.per_request)} a request`,
    dearest && `at other times up to ${money(row.dearest_input_per_mtok)} and ${money(row.dearest_output_per_mtok)}`,
  ];
  return [
    modelLabel(row),
    money(row.input_per_mtok),
    money(row.output_per_mtok),
    remarks.filter(Boolean).join("; "),
  ];
}

/** The node that shows them; null where the plan names none. */
export function pricePart(prices) {
  if (!prices?.length) return null;
  const unknown = prices.filter(({ source }) => source === "unknown").length;
  const title = unknown ? `Prices: ${unknown} of ${prices.length} unknown` : "Prices";
  const rows = prices.map((row) => {
    const [model, input, output, remark] = priceCells(row);
    return [model, input, output, { text: remark, class: "left wrap" }];
  });
  const heads = ["model", "in, a million tokens", "out", "who says so"];
  const nodes = table(heads, rows, { label: "Prices", more: "acm2 prices" });
  return el("details", { data: { plan: "prices" }, open: unknown > 0 }, el("summary", { text: title }), ...nodes);
}
