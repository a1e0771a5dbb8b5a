// Scores as they come: documents down, judges and criteria across, the newest marked.

import { el, show } from "../dom.js";
import { count, plural } from "../format.js";
import { band, cellKey, scoreTable } from "../scores.js";

const ROWS_SHOWN = 200;

/** The section: `node`, and `update(state)`. */
export function scores() {
  const told = el("p", { class: "muted", data: { role: "scores-told" } });
  const box = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores" });
  const node = el("section", { class: "scores" }, el("h3", { text: "Scores" }), told, box);
  let drawn = null;
  return {
    node,
    update({ scores: events }) {
      show(node, events.length > 0);
      if (events === drawn) return;
      drawn = events;
      const table = scoreTable(events);
      const hidden = table.rows.length - ROWS_SHOWN;
      const rest = hidden > 0 ? `; the first ${count(ROWS_SHOWN)} of ${plural(table.rows.length, "document")}` : "";
      told.textContent = `${plural(events.length, "judgement")}${rest}. From 1 (poor) to 5 (best); means over trials.`;
      box.replaceChildren(draw(table, events.at(-1)));
    },
  };
}

function draw({ judges, rows }, newest) {
  const columns = judges.flatMap(({ judge, criteria }) => criteria.map((criterion) => ({ judge, criterion })));
  const corner = (text, span) => el("th", { scope: "col", rowspan: span, text });
  const head = el(
    "thead",
    {},
    el(
      "tr",
      {},
      corner("document", 2),
      ...judges.map(({ judge, criteria }) => el("th", { scope: "colgroup", colspan: criteria.length, text: judge })),
      corner("mean", 2),
    ),
    el("tr", {}, ...columns.map(({ criterion }) => el("th", { scope: "col", text: criterion }))),
  );
  const body = rows.slice(0, ROWS_SHOWN).map((row) =>
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row", title: row.input ? `from ${row.input}` : null },
        row.document,
        row.generator ? el("span", { class: "made", text: row.generator }) : null,
      ),
      ...columns.map(({ judge, criterion }) => scoreCell(row.cells.get(cellKey(judge, criterion)))),
      el("td", { class: "mean", text: row.mean === null ? "" : row.mean.toFixed(2) }),
    ),
  );
  return el("table", { data: { newest: newest?.seq } }, head, el("tbody", {}, ...body));
}

function scoreCell(cell) {
  if (!cell) return el("td", { class: "score", text: "·", "aria-label": "not judged" });
  const text = cell.count === 1 ? String(cell.mean) : cell.mean.toFixed(1);
  return el("td", { class: "score", data: { band: band(cell.mean) }, title: plural(cell.count, "trial"), text });
}
