// A table of texts with row headings, in a box that scrolls; long ones are drawn in part, and say so.

import { el } from "../dom.js";
import { count, plural } from "../format.js";

const ROWS_SHOWN = 100;

/**
 * The nodes of a table: `heads` are texts, a row is `[heading, ...cells]`; a heading or cell is a text, a node, or
 * `{text, title, class}`. `more` says where the rows that are left out can be found.
 */
export function table(heads, rows, { label, most = ROWS_SHOWN, more = "the exports", class: className = null }) {
  const shown = rows.slice(0, most);
  const left = rows.length - shown.length;
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
  const body = shown.map(([heading, ...cells]) =>
    el("tr", {}, cell("th", heading, { scope: "row" }), ...cells.map((one) => cell("td", one))),
  );
  const drawn = el("table", className ? { class: className } : {}, el("thead", {}, head), el("tbody", {}, ...body));
  const box = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": label }, drawn);
  if (left <= 0) return [box];
  const text = `The first ${count(most)} of ${plural(rows.length, "row")}; the others are in ${more}.`;
  return [el("p", { class: "muted", text, data: { role: "left-out" } }), box];
}

function cell(tag, content, more = {}) {
  if (content instanceof Node) return el(tag, more, content);
  return el(
    tag,
    typeof content === "object" && content !== null ? { ...more, ...content } : { ...more, text: content },
  );
}
