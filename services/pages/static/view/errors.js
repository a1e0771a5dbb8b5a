// What went wrong: one entry a kind, never erased by the success of another call.

import { el, setText, show, syncChildren } from "../dom.js";
import { clock, count } from "../format.js";
import { showStat } from "./stat.js";

/** The section: `node`, and `update(state)`. */
export function errors() {
  const list = el("ul", { class: "rows" });
  const last = el("p", { class: "last muted", data: { stat: "last_error" } });
  const node = el("section", { data: { stat: "errors" } }, el("h3", { text: "Errors" }), list, last);
  return {
    node,
    update({ stats }) {
      showStat(node, stats.errors);
      show(node, stats.errors.length > 0);
      syncChildren(list, stats.errors, { key: ({ kind }) => kind, make: row, update: draw });
      const { last_error: newest } = stats;
      showStat(last, newest, newest ? `Last: ${clock(newest.time)} in ${newest.call_id}, ${ending(newest)}.` : "");
    },
  };
}

const ending = ({ recovered }) => (recovered ? "got its answer later" : "without an answer so far");

function row() {
  const parts = ["kind", "count", "recovered", "message", "seen"].map((name) => el("span", { class: name }));
  return el("li", {}, ...parts);
}

function draw(node, { kind, count: times, first_seen: first, last_seen: last, message, recovered }) {
  const [name, number, after, text, seen] = node.children;
  setText(name, kind.replaceAll("_", " "));
  setText(number, `× ${count(times)}`);
  setText(after, recovered ? "recovered" : "not all recovered");
  after.dataset.recovered = String(recovered);
  setText(text, message);
  show(text, message !== "");
  setText(seen, first === last ? clock(first) : `${clock(first)} – ${clock(last)}`);
}
