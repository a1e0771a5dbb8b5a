// A refusal on the page: what is wrong, and all its mistakes at once.

import { el, show } from "../dom.js";

/** A box: `node`, `tell(error)` and `clear()`. */
export function toldBox() {
  const text = el("p");
  const errors = el("ul");
  const node = el("div", { class: "told", role: "alert", hidden: true, data: { level: "error" } }, text, errors);
  return {
    node,
    clear: () => show(node, false),
    tell(error) {
      text.textContent = error.message;
      errors.replaceChildren(...(error.errors ?? []).map((line) => el("li", { text: line })));
      show(errors, Boolean(error.errors?.length));
      show(node, true);
    },
  };
}
