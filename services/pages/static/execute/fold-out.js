// A part of a page that opens and closes, and is drawn only while it is open: what nobody looks at costs nothing.

import { el, setText } from "../dom.js";

/**
 * `node`, and `update(value, {hidden})`: `draw(value)` gives the nodes of what is in it, `summary(value)`, if there is one,
 * its title. What is drawn for a value stays until another comes.
 */
export function foldOut({ title, role, draw, summary = null, open = false }) {
  const content = el("div", { class: "choose" });
  const heading = el("summary", { text: title });
  const node = el("details", { open, data: { role } }, heading, content);
  let value;
  let fresh = false;

  function drawNow() {
    if (!fresh) return;
    try {
      if (summary) setText(heading, summary(value));
      if (!node.open) return;
      fresh = false;
      content.replaceChildren(...draw(value));
    } catch (error) {
      fresh = false;
      // One part that is not what it should be hides no other.
      console.warn(`${role} could not be drawn`, error);
      const text = `This part could not be shown: ${error.message}.`;
      content.replaceChildren(el("p", { class: "told", role: "alert", data: { level: "error" }, text }));
    }
  }

  node.addEventListener("toggle", drawNow);
  return {
    node,
    update(next, { hidden = false } = {}) {
      node.hidden = hidden;
      [value, fresh] = [next, true];
      drawNow();
    },
  };
}
