// A window over the page for a long text or for details that are fetched when they are asked for.

import { el, setText } from "../dom.js";
import { count } from "../format.js";

/** More is drawn only when asked for: a megabyte of text stops a page for seconds. */
const CHARS_SHOWN = 20_000;

/** The window: `node`, and `open(title, load)`; `load()` promises the nodes to show, what it throws is told. */
export function reader() {
  const heading = el("h2");
  const content = el("div", { class: "choose" });
  const close = el("button", { type: "button", text: "Close" });
  const node = el("dialog", { class: "reader" }, el("div", { class: "row" }, heading, close), content);
  let asked = 0;
  close.addEventListener("click", () => node.close());
  return {
    node,
    async open(title, load) {
      asked += 1;
      const mine = asked;
      setText(heading, title);
      node.setAttribute("aria-label", title);
      content.replaceChildren(el("p", { class: "muted", text: "Loading …" }));
      if (!node.open) node.showModal();
      let nodes;
      try {
        nodes = await load();
      } catch (error) {
        nodes = [el("p", { class: "told", role: "alert", data: { level: "error" }, text: error.message })];
      }
      if (mine === asked) content.replaceChildren(...nodes);
    },
  };
}

/** A text as it is, at first its beginning only. */
export function longText(text) {
  const box = el("pre", { class: "text", tabindex: "0", text: text.slice(0, CHARS_SHOWN) });
  if (text.length <= CHARS_SHOWN) return [box];
  const all = el("button", { type: "button", text: `Show all ${count(text.length)} characters` });
  all.addEventListener("click", () => {
    box.textContent = text;
    all.remove();
  });
  return [box, all];
}
