// Whether somebody is asked before money is spent, and the question.

import { el } from "../dom.js";
import { count, money } from "../format.js";

/** A run that may cost more is not started by one click. */
const ASK_ABOVE_USD = 1;

/** The question to ask before a run of this plan; null where none is needed. Pure. */
export function question({ cost_usd: { expected, worst }, max_requests_total: ceiling }) {
  if (worst !== null && worst <= ASK_ABOVE_USD) return null;
  const requests = `up to ${count(ceiling)} requests`;
  if (worst === null) {
    const guess = expected === null ? "" : `, about ${money(expected)} as far as prices are known`;
    return `Nobody can say what this may cost at worst${guess}: ${requests} will be made. Start it?`;
  }
  return `This may cost ${money(worst)} at worst (about ${money(expected)} expected), with ${requests}. Start it?`;
}

/** The window that asks: `node`, and `ask(text)`, a promise of the answer. */
export function confirmation() {
  const text = el("p");
  const answer = (value) => ({ click: () => node.close(value) });
  const yes = el("button", { type: "button", class: "main", text: "Start it", on: answer("yes") });
  const no = el("button", { type: "button", text: "Do not start", on: answer("no") });
  const buttons = el("div", { class: "buttons" }, no, yes);
  const node = el("dialog", { "aria-label": "Before it costs money", data: { role: "confirm" } }, text, buttons);
  return {
    node,
    ask(question) {
      text.textContent = question;
      node.returnValue = "";
      node.showModal();
      return new Promise((resolve) => {
        node.addEventListener("close", () => resolve(node.returnValue === "yes"), { once: true });
      });
    },
  };
}
