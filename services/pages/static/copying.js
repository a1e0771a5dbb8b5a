// A command or an address to take along, with a button that copies it.

import { el } from "./dom.js";

const COPIED_FOR_MS = 1500;

/** A box with the text and its button; where the browser forbids copying, the text is selected instead. */
export function copyable(text) {
  const code = el("code", { text });
  const button = el("button", { type: "button", text: "Copy", "aria-label": `Copy: ${text}` });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), COPIED_FOR_MS);
  });
  return el("div", { class: "command" }, code, button);
}
