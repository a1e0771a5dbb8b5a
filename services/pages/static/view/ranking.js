// The ranking as it is now known: who stands where, between which bounds, after how many comparisons.

import { el, setText, show } from "../dom.js";
import { count, UNKNOWN } from "../format.js";

const ROWS_SHOWN = 100;
const HEADS = ["document", "rating", "between", "won", "lost", "tied"];

const rating = (value) => (typeof value === "number" ? value.toFixed(0) : UNKNOWN);

/** The section: `node`, and `update(state)`. */
export function ranking() {
  const body = el("tbody");
  const heads = el("tr", {}, ...HEADS.map((text) => el("th", { scope: "col", text })));
  const table = el("table", {}, el("thead", {}, heads), body);
  const box = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Ranking" }, table);
  const told = el("p", { class: "muted" });
  const node = el("section", { data: { role: "ranking" } }, el("h3", { text: "Ranking" }), told, box);
  let drawn = null;
  return {
    node,
    update({ ranking: newest, pairs }) {
      const rows = newest?.ranking ?? [];
      show(node, rows.length > 0);
      setText(told, `after ${count(pairs)} comparisons${rows.length > ROWS_SHOWN ? `; the first ${ROWS_SHOWN}` : ""}`);
      if (newest === drawn) return;
      drawn = newest;
      body.replaceChildren(...rows.slice(0, ROWS_SHOWN).map(line));
    },
  };
}

function line({ input, document, rating: value, low, high, wins, losses, ties }) {
  const cells = [rating(value), low == null ? UNKNOWN : `${rating(low)} – ${rating(high)}`];
  const name = el("th", { scope: "row", title: input ? `from ${input}` : null, text: document ?? input ?? UNKNOWN });
  return el("tr", {}, name, ...[...cells, count(wins), count(losses), count(ties)].map((text) => el("td", { text })));
}
