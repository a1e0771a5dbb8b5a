// The library: instructions, criteria and documents that presets refer to as `library:NAME`.

import { itemPage as addressOf, library, libraryItem, libraryPage as allOf } from "./addresses.js";
import { el } from "../dom.js";
import { plural } from "../format.js";
import { readKept } from "./kept.js";
import { askJson } from "../problem.js";
import { typeOf } from "./request.js";
import { textEditor } from "./text-editor.js";
import { toldBox } from "./told.js";

const KINDS = ["instructions", "criteria", "documents"];
const BEGINNINGS = { criteria: "- name: Relevance\n  description: Does it answer what was asked?\n" };

/** How an item is sent: criteria as they are written, texts as they are inside of JSON. Pure. */
export const sentAs = (kind, text) =>
  kind === "criteria"
    ? { type: typeOf(text), body: text }
    : { type: "application/json", body: JSON.stringify({ text }) };

/** The nodes of the list. */
export function libraryPage(base) {
  const told = toldBox();
  const lists = new Map(KINDS.map((kind) => [kind, el("ul", { class: "runs", data: { kind } })]));
  askJson(library(base)).then(
    (answer) => {
      for (const [kind, list] of lists) list.replaceChildren(...rows(base, kind, answer[kind]));
    },
    (error) => told.tell(error),
  );
  document.title = "Library · ACM2";
  return [
    el("h1", { text: "Library" }),
    told.node,
    ...KINDS.map((kind) =>
      el("section", { class: "panel choose" }, el("h2", { text: kind }), lists.get(kind), maker(base, kind)),
    ),
  ];
}

const rows = (base, kind, found) =>
  found.length ? found.map((one) => row(base, kind, one)) : [el("li", { class: "muted", text: "none yet" })];

function row(base, kind, { name, bytes, mistakes }) {
  const wrong = mistakes.map(({ path, message }) => [path, message].filter(Boolean).join(" "));
  return el(
    "li",
    { data: { item: name } },
    el("a", { href: addressOf(base, kind, name), text: name }),
    el("span", { class: "muted", text: bytes == null ? "" : plural(bytes, "byte") }),
    wrong.length ? el("span", { class: "numbers missing", text: wrong.join("; ") }) : null,
  );
}

function maker(base, kind) {
  const name = el("input", {
    pattern: "[A-Za-z0-9_\\-][A-Za-z0-9._\\-]{0,63}",
    placeholder: "name",
    "aria-label": `new ${kind}`,
  });
  const make = el("button", { type: "button", text: "New" });
  make.addEventListener("click", () => {
    if (name.value && name.reportValidity()) location.assign(addressOf(base, kind, name.value));
  });
  return el("div", { class: "buttons" }, name, make);
}

/** The nodes of the page of one item. */
export function itemPage(base, kind, name) {
  const about = el("p", { class: "muted", role: "status", text: "Loading …" });
  const editor = textEditor({
    address: () => libraryItem(base, kind, name),
    sent: (text) => sentAs(kind, text),
    label: `${kind}: ${name}`,
    onSaved: () => (about.textContent = `Presets may say library:${name}.`),
    onDeleted: () => location.assign(allOf(base)),
  });
  readKept(libraryItem(base, kind, name)).then(
    (kept) => {
      editor.fill(kept);
      about.textContent = `Presets may say library:${name}.`;
    },
    (error) => {
      if (error.status !== 404) return editor.refused(error);
      editor.fill({ text: BEGINNINGS[kind] ?? "", tag: null });
      about.textContent = "New: it is kept when you save it.";
      return undefined;
    },
  );
  document.title = `${name} · ACM2`;
  return [
    el(
      "div",
      { class: "row" },
      el("h1", { text: `${kind}: ${name}` }),
      el("a", { href: allOf(base), text: "library" }),
    ),
    el("section", { class: "panel choose", "aria-label": "Item" }, about, ...editor.nodes),
  ];
}
