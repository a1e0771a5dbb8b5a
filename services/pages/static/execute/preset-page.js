// One preset as the text it is kept as: viewed, checked against its plan, edited, saved, deleted. A name nobody has used
// is a new one.

import { plan, preset, presetPage as addressOf, presetsPage, presets } from "./addresses.js";
import { el, show } from "../dom.js";
import { readKept } from "./kept.js";
import { planView } from "./plan-view.js";
import { askJson } from "../problem.js";
import { requestFor, typeOf } from "./request.js";
import { textEditor } from "./text-editor.js";

const BEGINNING = `description: What this compares, in one line.
documents:
  - {id: first, text: "Put the text here."}
generation:
  instructions: {text: "Summarise the document that follows in three sentences."}
  models:
    - {provider: local, model: smollm2-135m, max_completion_tokens: 200}
single_eval:
  criteria: [Relevance, Clarity]
  judges:
    - {provider: local, model: smollm2-135m, max_completion_tokens: 200}
limits: {concurrency: 2, max_attempts: 3}
`;

/** The nodes of the page of this preset. */
export function presetPage(base, name) {
  const about = el("p", { class: "muted", role: "status", text: "Loading …" });
  const copy = el("input", { id: "copy-name", pattern: "[A-Za-z0-9._\\-]{1,64}", placeholder: `${name}-2` });
  const copying = el(
    "div",
    { class: "choose", hidden: true },
    el("label", { for: "copy-name" }, "Save a copy as", copy),
  );
  const editor = textEditor({
    address: () => preset(base, name),
    sent: (text) => ({ type: typeOf(text), body: text }),
    label: `The preset ${name}`,
    check: async (text) =>
      planView(await askJson(plan(base), { method: "POST", ...requestFor({ preset: "", config: text }) })),
    onSaved: () => (about.textContent = "Kept under this name; the Execute page offers it."),
    onDeleted: () => location.assign(presetsPage(base)),
  });
  const target = el("button", { type: "button", text: "Copy" });
  target.addEventListener("click", () => {
    if (!copy.value || !copy.reportValidity()) return;
    sessionStorage.setItem(`acm2-copy-${copy.value}`, document.getElementById("kept").value);
    location.assign(addressOf(base, copy.value));
  });
  copying.append(el("div", { class: "buttons" }, target));
  load(base, name, { about, editor, copying });
  document.title = `${name} · ACM2`;
  return [
    el("div", { class: "row" }, el("h1", { text: name }), el("a", { href: presetsPage(base), text: "all presets" })),
    el("section", { class: "panel choose", "aria-label": "Preset" }, about, ...editor.nodes, copying),
  ];
}

async function load(base, name, { about, editor, copying }) {
  try {
    const [kept, { presets: all }] = await Promise.all([readKept(preset(base, name)), askJson(presets(base))]);
    const builtIn = all.find((one) => one.name === name)?.built_in ?? false;
    editor.fill(kept, { readOnly: builtIn });
    show(copying, true);
    about.textContent = builtIn ? "Built in: it cannot be changed, but copied." : "";
  } catch (error) {
    if (error.status !== 404) {
      about.textContent = "";
      editor.refused(error);
      return;
    }
    const copied = sessionStorage.getItem(`acm2-copy-${name}`);
    sessionStorage.removeItem(`acm2-copy-${name}`);
    editor.fill({ text: copied ?? BEGINNING, tag: null });
    about.textContent = "A new preset: it is kept when you save it.";
  }
}
