// The judges: how far each lies from the others, whether they agree, and whether the order of showing sways them.

import { table } from "../table.js";
import { el } from "../../dom.js";
import { count, UNKNOWN } from "../../format.js";
import { shareText, withSettings } from "../../rankings.js";

const signed = (value) =>
  value == null ? UNKNOWN : `${value > 0 ? "+" : value < 0 ? "−" : "±"}${Math.abs(value).toFixed(2)}`;

const between = ({ low, high }) => (low == null || high == null ? UNKNOWN : `${shareText(low)} … ${shareText(high)}`);

/** The nodes of all there is to say; none where there is nothing. */
export function judgeTables(results) {
  return [
    ...part("How far each judge lies from the mean of all", deviations(results.judge_deviations ?? [])),
    ...part("How often each judge is with the majority of the others", agreement(results.agreement?.judges ?? [])),
    ...part("How often two judges agree", together(results.agreement?.between ?? [])),
    ...part("Whether what is shown first wins", bias(results.position_bias)),
  ];
}

const part = (title, nodes) => (nodes.length ? [el("h3", { text: title }), ...nodes] : []);

function deviations(found) {
  if (!found.length) return [];
  const criteria = [...new Set(found.flatMap((one) => Object.keys(one.criteria)))];
  const rows = found.map((one) => [
    withSettings(one.judge),
    ...criteria.map((name) => signed(one.criteria[name])),
    signed(one.total),
    count(one.judged),
  ]);
  return table(["judge", ...criteria, "all", "documents"], rows, { label: "Deviation of each judge" });
}

function agreement(found) {
  const rows = found.map((one) => [withSettings(one.judge), shareText(one.share), between(one), count(one.compared)]);
  return rows.length ? table(["judge", "agrees", "95 % between", "pairs"], rows, { label: "With the majority" }) : [];
}

function together(found) {
  const rows = found.map((one) => [
    one.judges.map(withSettings).join(" and "),
    shareText(one.share),
    between(one),
    count(one.compared),
  ]);
  return rows.length ? table(["judges", "agree", "95 % between", "pairs"], rows, { label: "Two judges" }) : [];
}

function bias(found) {
  if (!found?.overall) return [];
  const all = [["all judges", found.overall], ...found.judges.map((one) => [withSettings(one.judge), one])];
  const rows = all.map(([name, one]) => [
    name,
    shareText(one.first_share),
    between(one),
    count(one.ties),
    `${count(one.inconsistent)} of ${count(one.both_orders)}`,
    one.biased ? "yes" : "not shown",
  ]);
  const heads = ["judge", "first shown won", "95 % between", "ties", "order decided", "biased"];
  return table(heads, rows, { label: "Position bias" });
}
