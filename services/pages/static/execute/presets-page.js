// All presets: what each would ask, or what is wrong with it; each opens to be viewed and edited.

import { presetPage, presets } from "./addresses.js";
import { el, show } from "../dom.js";
import { count, phaseLabel, plural } from "../format.js";
import { askJson } from "../problem.js";
import { toldBox } from "./told.js";

/** The nodes of the list. */
export function presetsPage(base) {
  const list = el("ul", { class: "runs", data: { role: "presets" } });
  const told = toldBox();
  const name = el("input", {
    id: "new-name",
    pattern: "[A-Za-z0-9._\\-]{1,64}",
    required: true,
    placeholder: "my-preset",
  });
  const make = el("button", { type: "button", text: "New preset" });
  const begin = () => name.reportValidity() && location.assign(presetPage(base, name.value));
  make.addEventListener("click", begin);
  name.addEventListener("keydown", ({ key }) => key === "Enter" && begin());
  askJson(presets(base)).then(
    ({ presets: found }) => list.replaceChildren(...found.map((preset) => row(base, preset))),
    (error) => told.tell(error),
  );
  show(told.node, false);
  document.title = "Presets · ACM2";
  return [
    el("h1", { text: "Presets" }),
    el("section", { class: "panel choose", "aria-label": "Presets" }, told.node, list),
    el(
      "section",
      { class: "panel choose", "aria-label": "A new preset" },
      el("label", { for: "new-name" }, "Name", name),
      el("div", { class: "buttons" }, make),
    ),
  ];
}

function row(base, preset) {
  const wrong = preset.mistakes?.length ?? 0;
  const words = wrong ? `${plural(wrong, "mistake")}: ${preset.mistakes.map(inWords).join("; ")}` : planWords(preset);
  return el(
    "li",
    { data: { preset: preset.name } },
    el("a", { href: presetPage(base, preset.name), text: preset.name }),
    el("span", { class: "muted", text: preset.built_in ? "built in" : "" }),
    el("span", { class: "numbers muted", text: preset.description ?? "" }),
    el("span", { class: wrong ? "numbers missing" : "numbers muted", text: words }),
  );
}

const inWords = ({ path, message }) => [path, message].filter(Boolean).join(" ");

/** What a preset would ask, in one line. Pure. */
export function planWords({ planned_calls: calls, phases, missing }) {
  const each = (phases ?? []).map(({ phase, planned_calls: number }) => `${phaseLabel(phase)} ${count(number)}`);
  const keys = missing?.length ? `needs ${missing.join(", ")}` : null;
  return [plural(calls ?? 0, "call"), each.join(" · "), keys].filter(Boolean).join("; ");
}
