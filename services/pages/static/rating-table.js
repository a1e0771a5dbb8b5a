// A table of ratings with their intervals drawn: of documents, or of models.

import { el, setText, show } from "./dom.js";
import { count, UNKNOWN } from "./format.js";
import { caveats, placeOn, ratingText, remark, scaleOf, shareText } from "./rankings.js";
import { svg } from "./svg.js";

/** More rows than people read, and fewer than a browser stumbles over. */
export const RATED_SHOWN = 100;

const WIDTH = 200;
const HEIGHT = 14;
const HEADS = ["rating", "interval", "95 % between", "won share", "won", "lost", "tied", ""];

/** The table of ratings: `node`, and `update(rows)`; `namer(rows)` gives a function from a row to its `{text, detail}`. */
export function ratingTable({ heading, label, namer }) {
  const body = el("tbody");
  const heads = ["", heading, ...HEADS].map((text) => el("th", { scope: "col", text }));
  const table = el("table", { class: "rated" }, el("thead", {}, el("tr", {}, ...heads)), body);
  const box = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": label }, table);
  const told = el("p", { class: "muted", data: { role: "caveats" } });
  return {
    node: el("div", {}, told, box),
    update(rows) {
      const shown = rows.slice(0, RATED_SHOWN);
      const left = rows.length - shown.length;
      const more = left > 0 ? [`The first ${count(RATED_SHOWN)}; ${count(left)} more are not drawn.`] : [];
      const sentences = [...more, ...caveats(rows)];
      setText(told, sentences.join(" "));
      show(told, sentences.length > 0);
      const scale = scaleOf(shown);
      const name = namer(rows);
      body.replaceChildren(...shown.map((row, index) => line(row, index + 1, name(row), scale)));
    },
  };
}

function line(row, place, { text, detail = null }, scale) {
  const { rating, low, high, wins, losses, ties, win_rate: won } = row;
  const known = low == null || high == null ? UNKNOWN : `${ratingText(low)} … ${ratingText(high)}`;
  const between = row.no_interval ?? known;
  const cells = [between, shareText(won), count(wins), count(losses), count(ties)];
  const made = detail === null ? null : el("span", { class: "made", text: detail });
  const more = remark(row);
  return el(
    "tr",
    more ? { data: { remark: more } } : {},
    el("td", { text: count(place) }),
    el("th", { scope: "row", title: [text, detail].filter(Boolean).join(", ") }, el("span", { text }), made),
    el("td", { text: ratingText(rating) }),
    el("td", { class: "interval" }, bar({ rating, low, high }, scale)),
    ...cells.map((cell) => el("td", { text: cell })),
    el("td", { class: "remark", text: more }),
  );
}

/** The interval as a line, the rating as a mark on it, and where zero is; the numbers stand beside it. */
function bar({ rating, low, high }, scale) {
  const at = (value) => placeOn(scale, value, WIDTH);
  const zero = scale.from < 0 && scale.to > 0 ? at(0) : null;
  const middle = HEIGHT / 2;
  const known = Number.isFinite(low) && Number.isFinite(high);
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "bars", "aria-hidden": "true" },
    zero === null ? null : svg("line", { class: "zero", x1: zero, x2: zero, y1: 0, y2: HEIGHT }),
    known ? svg("line", { class: "range", x1: at(low), x2: at(high), y1: middle, y2: middle }) : null,
    Number.isFinite(rating) ? svg("rect", { class: "mark", x: at(rating) - 2, y: 2, width: 4, height: 10 }) : null,
  );
}
