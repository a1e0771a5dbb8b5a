// The newest lines of the log. It follows the end only while the reader is at the end.

import { el, show } from "../dom.js";
import { clock } from "../format.js";
import { LOG_LINES_KEPT } from "../state.js";

const AT_END_PX = 24;
const TEXT_LIMIT = 400;

/** The section: `node`, and `update(state)`. */
export function logLines() {
  const list = el("ol", { class: "log", tabindex: "0", "aria-label": "Log" });
  const node = el("section", {}, el("h3", { text: "Log" }), list);
  let drawnTo = 0;
  let drawnLife = 0;
  return {
    node,
    update({ log, singleSeq, life }) {
      show(node, log.length > 0);
      if (life !== drawnLife || singleSeq < drawnTo) {
        list.replaceChildren();
        [drawnTo, drawnLife] = [0, life];
      }
      const fresh = log.filter(({ seq }) => seq > drawnTo);
      if (!fresh.length) return;
      drawnTo = log.at(-1).seq;
      const follows = list.scrollHeight - list.scrollTop - list.clientHeight < AT_END_PX;
      list.append(...fresh.map(line));
      while (list.children.length > LOG_LINES_KEPT) list.firstElementChild.remove();
      if (follows) list.scrollTop = list.scrollHeight;
    },
  };
}

function line(event) {
  const { level, text } = wording(event);
  return el(
    "li",
    { data: { level } },
    el("time", { datetime: event.time, text: clock(event.time) }),
    el("span", { text }),
  );
}

/** An event as one line: `{level, text}`. Pure. */
export function wording({ type, data }) {
  if (type === "log") return { level: data.level ?? "info", text: cut(data.message) };
  if (type === "alert") {
    const text = [`alert ${data.state}`, data.kind, data.message].filter(Boolean).join(": ");
    return { level: data.state === "raised" ? "warning" : "info", text: cut(text) };
  }
  if (type === "pair_judged") {
    const winner = { a: data.a ?? "a", b: data.b ?? "b", tie: "a tie" }[data.winner];
    const first = { ab: data.a ?? "a", ba: data.b ?? "b" }[data.order];
    const order = first === undefined ? "" : `, ${first} shown first`;
    return { level: "info", text: cut(`${data.a ?? "a"} against ${data.b ?? "b"}${order}: ${winner}`) };
  }
  return { level: "own", text: cut(`${type} ${data === null ? "" : JSON.stringify(data)}`) };
}

const cut = (text) => (text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text);
