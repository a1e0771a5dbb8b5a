// The events the service refused: when, why, and how each began. They are in no number.

import { el, setText, show, syncChildren } from "../dom.js";
import { clock, plural } from "../format.js";

const ROWS_SHOWN = 20;
const TEXT_LIMIT = 160;

/** The section: `node`, and `update(state, now, {links})`. */
export function rejected() {
  const told = el("p", { class: "muted" });
  const list = el("ul", { class: "refused" });
  const all = el("a", { target: "_blank", rel: "noopener", text: "all of them, as JSON" });
  const node = el(
    "section",
    { data: { role: "rejected" }, hidden: true },
    el("h3", { text: "Refused events" }),
    told,
    list,
    el("p", {}, all),
  );
  let drawn = null;
  return {
    node,
    update({ rejected: number, refused }, _now, { links }) {
      show(node, number > 0);
      if (number === 0 || refused === drawn) return;
      drawn = refused;
      all.href = links.rejected;
      const { rejected: events = [], failed } = refused ?? {};
      const which = events.length > ROWS_SHOWN ? `; the newest ${ROWS_SHOWN}:` : ":";
      setText(
        told,
        failed ? `Why cannot be said: ${failed}.` : `${plural(number, "event")}, in none of the numbers${which}`,
      );
      syncChildren(list, events.slice(0, ROWS_SHOWN), { key: ({ n }) => n, make: row, update: draw });
    },
  };
}

function row() {
  return el(
    "li",
    {},
    ...["seen", "kind", "message"].map((name) => el("span", { class: name })),
    el("code", { class: "muted" }),
  );
}

function draw(node, { time, reason, path, message, text }) {
  const [when, name, why, began] = node.children;
  setText(when, clock(time));
  setText(name, reason);
  setText(why, [path, message].filter(Boolean).join(": "));
  setText(began, text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text);
}
