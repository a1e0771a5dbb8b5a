// The scores as a map of colours: a row for each document, a column for each judge and criterion. The reasons stand in each
// cell's tooltip and, for the cell that is chosen, below the table; arrow keys go from cell to cell.

import { heatCells } from "./cells.js";
import { el } from "../../dom.js";
import { count, plural, UNKNOWN } from "../../format.js";
import { band } from "../../scores.js";

const ROWS_SHOWN = 200;
const COLUMNS_SHOWN = 40;
/** So many cells are drawn without a pause one feels. */
const CELLS_SHOWN = 4_000;

const SIGNS = { pending: "…", failed: "✕", unplanned: UNKNOWN };
const WORDS = { scored: "scored", pending: "pending", failed: "failed", unplanned: "not planned" };

/** The nodes of the map. `onDocument(name)` and `onCall(id)` are called when one of them is asked for. */
export function heatmap({ scores }, { onDocument, onCall }) {
  if (!scores.length) return [el("p", { class: "muted", text: "Nothing is scored in this run." })];
  const { judges, rows } = heatCells(scores);
  const columns = judges.flatMap(({ name, criteria }) => criteria.map((criterion) => ({ name, criterion })));
  const wide = Math.min(columns.length, COLUMNS_SHOWN);
  const shown = rows.slice(0, Math.min(ROWS_SHOWN, Math.max(20, Math.floor(CELLS_SHOWN / Math.max(1, wide)))));
  const details = el("div", { class: "chosen", role: "status", data: { role: "reasons" } });
  const body = el("tbody", {}, ...shown.map((row) => line(row, columns.slice(0, wide), onDocument)));
  const table = el("table", { class: "heat" }, el("thead", {}, ...heads(judges, wide)), body);

  function choose(cell) {
    if (!cell?.matches?.("td.score")) return;
    body.querySelector("td.score[tabindex='0']")?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    const row = shown[cell.parentElement.rowIndex - 2];
    const at = cell.cellIndex - 1;
    details.replaceChildren(...reasons(row, columns[at], row.cells[at], onCall));
  }

  body.querySelector("td.score")?.setAttribute("tabindex", "0");
  body.addEventListener("focusin", ({ target }) => choose(target));
  body.addEventListener("click", ({ target }) => choose(target.closest("td.score")));
  body.addEventListener("keydown", (event) => {
    const next = neighbour(event.target, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  return [
    el("p", { class: "muted", text: summary(rows, shown, columns, wide), data: { role: "heat-told" } }),
    el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Scores of each document" }, table),
    details,
  ];
}

function summary(rows, shown, columns, wide) {
  const left = [
    rows.length > shown.length ? `the first ${count(shown.length)} of ${plural(rows.length, "document")}` : null,
    columns.length > wide ? `the first ${count(wide)} of ${plural(columns.length, "column")}` : null,
  ].filter(Boolean);
  const part = left.length ? `${left.join(", ")} (all are in the exports). ` : "";
  const signs = `… pending, ✕ failed, ${UNKNOWN} not planned`;
  return `${part}1 (poor) to 5 (best), means over trials; ${signs}. Choose a cell for its reasons.`;
}

function heads(judges, wide) {
  let left = wide;
  const groups = [];
  for (const { name, criteria } of judges) {
    const span = Math.min(left, criteria.length);
    if (span > 0) groups.push(el("th", { scope: "colgroup", colspan: span, text: name }));
    left -= span;
  }
  const names = judges.flatMap(({ criteria }) => criteria).slice(0, wide);
  const corner = (text) => el("th", { scope: "col", rowspan: 2, text });
  return [
    el("tr", {}, corner("document"), ...groups, corner("mean")),
    el("tr", {}, ...names.map((text) => el("th", { scope: "col", text }))),
  ];
}

function line(row, columns, onDocument) {
  const { document, input, generator, mean, missing, cells } = row;
  const made = generator ? el("span", { class: "made", text: generator }) : null;
  const name = el("button", { type: "button", class: "link", text: document, title: input ? `from ${input}` : null });
  name.addEventListener("click", () => onDocument(document));
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, missing ? el("span", { text: document, title: missing }) : name, made),
    ...columns.map((column, index) => scoreCell(cells[index], column)),
    el("td", { class: "mean", text: mean === null ? UNKNOWN : mean.toFixed(2) }),
  );
}

function scoreCell({ state, mean, lines }, { criterion }) {
  const text = state === "scored" ? String(Math.round(mean * 100) / 100) : SIGNS[state];
  const data = state === "scored" ? { state, band: band(mean) } : { state };
  const words = state === "scored" ? text : WORDS[state];
  const props = { class: "score", text, data, title: lines.join("\n"), tabindex: "-1" };
  return el("td", { ...props, "aria-label": `${criterion}: ${words}` });
}

function reasons({ document }, { name, criterion }, { lines, callIds }, onCall) {
  const calls = callIds.map((id) =>
    el("button", {
      type: "button",
      class: "link",
      text: "prompt and answer",
      title: id,
      on: { click: () => onCall(id) },
    }),
  );
  return [
    el("strong", { text: `${document}, ${criterion}, by ${name}` }),
    el("ul", {}, ...lines.map((text, index) => el("li", {}, `${text} `, calls[index] ?? null))),
  ];
}

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The cell an arrow key leads to from this one. */
function neighbour(cell, key) {
  const move = Object.hasOwn(MOVES, key) ? MOVES[key] : null;
  if (!move || !cell.matches("td.score")) return null;
  const row = cell.parentElement.parentElement.rows[cell.parentElement.sectionRowIndex + move[0]];
  const next = row?.cells[cell.cellIndex + move[1]];
  return next?.matches("td.score") ? next : null;
}
