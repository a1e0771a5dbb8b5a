// Scores as they come: documents down, judges and criteria across.

import { el, show } from "../dom.js";
import { count, plural } from "../format.js";
import { band, cellKey, scoreTable } from "../scores.js";

const ROWS_SHOWN = 200;

/** The section: `node`, and `update(state)`. */
export function scores() {
  const told = el("p", { class: "muted", data: { role: "scores-told" } });
  const box = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Scores" });
  const node = el("section", { class: "scores" }, el("h3", { text: "Scores" }), told, box);
  let drawn = null;
  return {
    node,
    update({ scores: events }) {
      show(node, events.length > 0);
      if (events === drawn) return;
      drawn = events;
      const table = scoreTable(events);
      const generators = new Set(table.rows.map(({ generator }) => generator));
      told.textContent = summary(table, events.length, generators);
      box.replaceChildren(draw(table, generators.size > 1));
    },
  };
}

function summary({ rows, trials }, judgements, generators) {
  const [only] = generators.size === 1 ? generators : [null];
  const hidden = rows.length > ROWS_SHOWN ? `the first ${count(ROWS_SHOWN)} of ${count(rows.length)} documents` : null;
  const parts = [plural(judgements, "judgement"), only && `documents made by ${only}`, hidden];
  return `${parts.filter(Boolean).join(", ")}. From 1 (poor) to 5 (best)${trials > 1 ? "; means over trials" : ""}.`;
}

function draw({ judges, rows, trials }, byGenerator) {
  const columns = judges.flatMap(({ key, criteria }) => criteria.map((criterion) => ({ key, criterion })));
  const corner = (text) => el("th", { scope: "col", rowspan: 2, text });
  const group = ({ judge, criteria }) => el("th", { scope: "colgroup", colspan: criteria.length, text: judge });
  const head = el(
    "thead",
    {},
    el("tr", {}, corner("document"), ...judges.map(group), corner("mean")),
    el("tr", {}, ...columns.map(({ criterion }) => el("th", { scope: "col", text: criterion }))),
  );
  const body = rows.slice(0, ROWS_SHOWN).map((row) => {
    const made = byGenerator && row.generator ? el("span", { class: "made", text: row.generator }) : null;
    const name = el("th", { scope: "row", title: row.input ? `from ${row.input}` : null }, row.document, made);
    const cells = columns.map(({ key, criterion }) => scoreCell(row.cells.get(cellKey(key, criterion)), trials));
    return el(
      "tr",
      {},
      name,
      ...cells,
      el("td", { class: "mean", text: row.mean === null ? "" : row.mean.toFixed(2) }),
    );
  });
  return el("table", {}, head, el("tbody", {}, ...body));
}

function scoreCell(cell, trials) {
  if (!cell) return el("td", { class: "score", text: "·", "aria-label": "not judged" });
  const text = trials > 1 ? cell.mean.toFixed(1) : String(cell.mean);
  return el("td", { class: "score", data: { band: band(cell.mean) }, title: plural(cell.count, "trial"), text });
}
