// Who won against whom, as a table: each row's wins over each column. Large ones are drawn in part, and say so.

import { el } from "./dom.js";
import { count, plural } from "./format.js";
import { share, shareBand } from "./pairs.js";

/** A side of this many is read at a glance and drawn in one frame. */
export const MATRIX_SHOWN = 20;

/**
 * The nodes that show `documents` (names, the ones to show first) against each other; `cellOf(row, column)` gives
 * `{wins, losses, ties, shownFirst, wonFirst}` or null.
 */
export function matrix(documents, cellOf, label) {
  const shown = documents.slice(0, MATRIX_SHOWN);
  const left = documents.length - shown.length;
  const heads = shown.map((name, index) => el("th", { scope: "col", title: name, text: String(index + 1) }));
  const rows = shown.map((row, index) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", title: row }, el("span", { class: "place", text: `${index + 1} ` }), row),
      ...shown.map((column) => (row === column ? el("td", { class: "self", text: "·" }) : cell(row, column, cellOf))),
    ),
  );
  const head = el("tr", {}, el("th", { scope: "col", text: "wins of row over column" }), ...heads);
  const table = el("table", { class: "matrix" }, el("thead", {}, head), el("tbody", {}, ...rows));
  const part = `The first ${count(MATRIX_SHOWN)} of ${plural(documents.length, "document")}`;
  const text = `${part}; the others are in the ranking and the exports.`;
  return [
    left > 0 ? el("p", { class: "muted", data: { role: "left-out" }, text }) : null,
    el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": label }, table),
  ].filter(Boolean);
}

function cell(row, column, cellOf) {
  const found = cellOf(row, column);
  if (found === null) return el("td", { class: "score", title: `${row} and ${column} have not met`, text: "" });
  const { wins, losses, ties, shownFirst, wonFirst } = found;
  const met = wins + losses + ties;
  const title =
    `${row} against ${column}: won ${count(wins)}, lost ${count(losses)}, ${plural(ties, "tie")} of ${count(met)}` +
    (shownFirst == null ? "" : `; shown first ${count(shownFirst)} times, ${count(wonFirst)} of them won`);
  const text = ties ? `${count(wins)} (+${count(ties)} =)` : count(wins);
  return el("td", { class: "score", title, text, data: { band: shareBand(share(found)) } });
}
