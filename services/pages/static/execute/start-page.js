// Choose a preset, see its plan, start it; and find earlier runs again.

import { plan, presets, runPage, runs } from "./addresses.js";
import { el, setText, show } from "../dom.js";
import { planView } from "./plan-view.js";
import { askJson } from "../problem.js";
import { requestFor } from "./request.js";
import { runRows } from "./run-rows.js";
import { toldBox } from "./told.js";

const TYPING_PAUSE_MS = 600;
const REMEMBERED = "acm2-preset";

/** The nodes of the start page. */
export function startPage(base) {
  const chosen = el("select", { id: "preset", disabled: true });
  const description = el("p", { class: "muted" });
  const own = el("textarea", { id: "config", spellcheck: "false", placeholder: "documents: …" });
  const shownPlan = el("div", { class: "choose", "aria-live": "polite", data: { role: "plan" } });
  const start = el("button", { type: "button", class: "main", text: "Start", disabled: true });
  const told = toldBox();
  let known = [];
  let asked = 0;
  let typing = null;

  const request = () => requestFor({ preset: chosen.value, config: own.value });

  async function refresh() {
    const wanted = request();
    asked += 1;
    const mine = asked;
    start.disabled = true;
    setText(description, own.value.trim() ? "Your own configuration, below." : (describe(known, chosen.value) ?? ""));
    if (!wanted) return;
    shownPlan.classList.add("stale");
    try {
      const answer = await askJson(plan(base), { method: "POST", ...wanted });
      if (mine !== asked) return;
      shownPlan.replaceChildren(...planView(answer));
      start.disabled = answer.missing.length > 0;
      told.clear();
    } catch (error) {
      if (mine !== asked) return;
      shownPlan.replaceChildren();
      told.tell(error);
    }
    shownPlan.classList.remove("stale");
  }

  async function begin() {
    start.disabled = true;
    try {
      const { run_id: runId } = await askJson(runs(base), { method: "POST", ...request() });
      location.assign(runPage(base, runId));
    } catch (error) {
      told.tell(error);
      start.disabled = false;
    }
  }

  async function choose() {
    try {
      known = (await askJson(presets(base))).presets;
      chosen.replaceChildren(...known.map(({ name }) => el("option", { value: name, text: name })));
      const last = localStorage.getItem(REMEMBERED);
      if (known.some(({ name }) => name === last)) chosen.value = last;
      chosen.disabled = known.length === 0;
      await refresh();
    } catch (error) {
      told.tell(error);
    }
  }

  chosen.addEventListener("change", () => {
    localStorage.setItem(REMEMBERED, chosen.value);
    refresh();
  });
  own.addEventListener("input", () => {
    clearTimeout(typing);
    start.disabled = true;
    typing = setTimeout(refresh, TYPING_PAUSE_MS);
  });
  start.addEventListener("click", begin);
  choose();
  return [
    el("h1", { text: "Run an evaluation" }),
    el(
      "section",
      { class: "panel choose", "aria-label": "What to run" },
      el("label", { for: "preset" }, "Preset", chosen),
      description,
      el("details", {}, el("summary", { text: "Your own configuration instead (YAML or JSON)" }), own),
      shownPlan,
      told.node,
      el("div", { class: "buttons" }, start),
    ),
    earlierRuns(base),
  ];
}

const describe = (presets, name) => presets.find((preset) => preset.name === name)?.description;

function earlierRuns(base) {
  const list = el("ul", { class: "runs", data: { role: "runs" } });
  const told = toldBox();
  const node = el("section", { class: "panel", hidden: true }, el("h2", { text: "Runs" }), list, told.node);
  askJson(runs(base)).then(
    ({ runs: found }) => {
      list.replaceChildren(...runRows(base, found));
      show(node, found.length > 0);
    },
    (error) => {
      told.tell(error);
      show(node, true);
    },
  );
  return node;
}
