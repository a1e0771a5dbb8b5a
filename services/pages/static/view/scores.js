// Scores as they come: documents down, judges and criteria across.

import { el, setText, show, syncChildren } from "../dom.js";
import { count, plural } from "../format.js";
import { band, cellKey, scoreTable } from "../scores.js";

const ROWS_SHOWN = 200;

/** The section: `node`, and `update(state)`. */
export function scores() {
  const told = el("p", { class: "muted", data: { role: "scores-told" } });
  const head = el("thead");
  const body = el("tbody");
  const table = el("table", {}, head, body);
  const box = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Scores" }, table);
  const node = el("section", { class: "scores" }, el("h3", { text: "Scores" }), told, box);
  let drawn = null;
  let columned = "";
  return {
    node,
    update({ scores: events }) {
      show(node, events.length > 0);
      if (events === drawn) return;
      drawn = events;
      const { judges, rows, trials } = scoreTable(events);
      const columns = judges.flatMap(({ key, criteria }) => criteria.map((criterion) => cellKey(key, criterion)));
      if (columned !== columns.join()) {
        columned = columns.join();
        head.replaceChildren(...heads(judges));
        body.replaceChildren();
      }
      const generators = new Set(rows.map(({ generator }) => generator));
      setText(told, summary(rows, trials, events.length, generators));
      syncChildren(body, rows.slice(0, ROWS_SHOWN), {
        key: ({ key }) => key,
        make: (row) => rowOf(row, columns),
        update: (line, row) => drawRow(line, row, { columns, trials, byGenerator: generators.size > 1 }),
      });
    },
  };
}

function summary(rows, trials, judgements, generators) {
  const [only] = generators.size === 1 ? generators : [null];
  const hidden = rows.length > ROWS_SHOWN ? `the first ${count(ROWS_SHOWN)} of ${count(rows.length)} documents` : null;
  const parts = [plural(judgements, "judgement"), only && `documents made by ${only}`, hidden];
  return `${parts.filter(Boolean).join(", ")}. From 1 (poor) to 5 (best)${trials > 1 ? "; means over trials" : ""}.`;
}

function heads(judges) {
  const corner = (text) => el("th", { scope: "col", rowspan: 2, text });
  const group = ({ judge, criteria }) => el("th", { scope: "colgroup", colspan: criteria.length, text: judge });
  const names = judges.flatMap(({ criteria }) => criteria.map((text) => el("th", { scope: "col", text })));
  return [el("tr", {}, corner("document"), ...judges.map(group), corner("mean")), el("tr", {}, ...names)];
}

function rowOf({ document, input }, columns) {
  const name = el("th", { scope: "row", title: input ? `from ${input}` : null }, el("span", { text: document }));
  name.append(el("span", { class: "made", hidden: true }));
  return el("tr", {}, name, ...columns.map(() => el("td", { class: "score" })), el("td", { class: "mean" }));
}

function drawRow(line, { generator, cells, mean }, { columns, trials, byGenerator }) {
  const [name, ...rest] = line.children;
  setText(name.lastChild, generator ?? "");
  show(name.lastChild, byGenerator && generator !== null);
  columns.forEach((key, index) => drawScore(rest[index], cells.get(key), trials));
  setText(rest.at(-1), mean === null ? "" : mean.toFixed(2));
}

function drawScore(cell, score, trials) {
  if (!score) return setText(cell, "·");
  setText(cell, trials > 1 ? score.mean.toFixed(1) : String(score.mean));
  if (cell.dataset.band !== String(band(score.mean))) cell.dataset.band = band(score.mean);
  const title = plural(score.count, "trial");
  if (cell.title !== title) cell.title = title;
  return undefined;
}
