// A text kept by the executor, to be viewed, edited, saved and deleted; its mistakes stand beside the names of the fields.

import { removeKept, writeKept } from "./kept.js";
import { lineOf } from "./places.js";
import { el, setText, show } from "../dom.js";
import { toldBox } from "./told.js";

/**
 * The editor: `nodes`, and `fill({text, tag})`. `address()` is where it is kept, `sent(text)` is `{type, body}`;
 * `check(text)`, where there is one, promises what can be shown of it (nodes) or throws `Refused`. `onSaved()` and `onDeleted()` follow.
 */
export function textEditor({ address, sent, check = null, onSaved, onDeleted, label }) {
  const text = el("textarea", { id: "kept", spellcheck: "false", class: "large", "aria-label": label });
  const save = el("button", { type: "button", class: "main", text: "Save" });
  const remove = el("button", { type: "button", text: "Delete", hidden: true });
  const look = el("button", { type: "button", text: "Check", hidden: check === null });
  const said = el("p", { class: "muted", role: "status", data: { role: "said" } });
  const mistakes = el("ul", { class: "mistakes", data: { role: "mistakes" } });
  const found = el("div", { class: "choose", data: { role: "checked" } });
  const told = toldBox();
  let tag = null;
  let asked = false;

  /** Whatever was said of the text before is old. */
  function clear() {
    told.clear();
    mistakes.replaceChildren();
    found.replaceChildren();
    setText(said, "");
    unask();
  }

  function unask() {
    asked = false;
    setText(remove, "Delete");
  }

  function refused(error) {
    const stale = error.status === 412;
    const more = stale ? " Somebody has changed it meanwhile: load it again to see how it is now." : "";
    told.tell({ message: `${error.message}${more}`, errors: [] });
    mistakes.replaceChildren(...(error.places ?? []).map((place) => mistake(text, place)));
  }

  async function act(button, work) {
    clear();
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      refused(error);
    }
    button.disabled = false;
  }

  save.addEventListener("click", () =>
    act(save, async () => {
      tag = await writeKept(address(), sent(text.value), tag);
      show(remove, true);
      setText(said, "Saved.");
      onSaved();
    }),
  );
  look.addEventListener("click", () => act(look, async () => found.replaceChildren(...(await check(text.value)))));
  remove.addEventListener("click", () => {
    if (!asked) {
      asked = true;
      setText(remove, "Delete it for good?");
      return;
    }
    act(remove, async () => {
      await removeKept(address(), tag);
      onDeleted();
    });
  });
  remove.addEventListener("blur", unask);
  return {
    nodes: [text, mistakes, told.node, said, found, el("div", { class: "buttons" }, save, look, remove)],
    fill({ text: content, tag: version }, { readOnly = false } = {}) {
      text.value = content;
      text.readOnly = readOnly;
      tag = version;
      show(save, !readOnly);
      show(remove, version !== null && !readOnly);
    },
    refused,
    said: (words) => setText(said, words),
  };
}

/** A mistake with the name of its field and its line; choosing it leads there. */
function mistake(text, { path, message }) {
  const at = path ? lineOf(text.value, path) : null;
  const where = [path, at === null ? null : `line ${at}`].filter(Boolean).join(", ");
  const lead = el("button", { type: "button", class: "link", text: where || "the text", disabled: at === null });
  lead.addEventListener("click", () => {
    const lines = text.value.split("\n");
    const from = lines.slice(0, at - 1).reduce((sum, line) => sum + line.length + 1, 0);
    text.focus();
    text.setSelectionRange(from, from + lines[at - 1].length);
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, at - 4);
  });
  return el("li", { data: { path: path ?? "" } }, lead, `: ${message}`);
}
