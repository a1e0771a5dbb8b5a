// Each model: what its documents were worth, what they cost, how it stands against the others.

import { table } from "../table.js";
import { count, money, UNKNOWN } from "../../format.js";
import { labeller, ratingText, remark, shareText, withSettings } from "../../rankings.js";

const two = (value) => (value == null ? UNKNOWN : value.toFixed(2));

/** An interval, or why there is none. Pure. */
export const between = (low, high, text, why) =>
  why ?? (low == null || high == null ? UNKNOWN : `${text(low)} … ${text(high)}`);

const HEADS = [
  "model",
  "mean",
  "95 % between",
  "rating",
  "95 % between",
  "won share",
  "documents judged",
  "missing",
  "cost",
  "cost per document",
  "",
];

/** The nodes of the table; none where no model made anything. */
export function modelTable({ models }) {
  if (!models.length) return [];
  const label = labeller(models);
  const rows = models.map((model) => [
    { text: label(model), title: withSettings(model) },
    two(model.mean),
    between(model.low, model.high, two, model.no_interval),
    ratingText(model.rating),
    between(model.rating_low, model.rating_high, ratingText, model.rating_no_interval),
    shareText(model.win_rate),
    count(model.judged),
    count(model.missing),
    priced(model.cost_usd, model.unpriced_attempts),
    priced(model.cost_per_document_usd, model.unpriced_attempts),
    remark(model),
  ]);
  return table(HEADS, rows, { label: "Models" });
}

/** A cost; that not all of it is known is said. Pure. */
export const priced = (usd, unpriced) => (unpriced && usd != null ? `at least ${money(usd)}` : money(usd));
