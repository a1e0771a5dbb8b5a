// Choose a preset, see its plan, start it; and find earlier runs again.

import { comparePage, plan, presetPage, presets, runPage, runs } from "./addresses.js";
import { confirmation, question } from "./confirm.js";
import { el, setText, show } from "../dom.js";
import { planView } from "./plan-view.js";
import { askJson } from "../problem.js";
import { requestFor } from "./request.js";
import { runRows } from "./run-rows.js";
import { toldBox } from "./told.js";

const TYPING_PAUSE_MS = 600;
const REMEMBERED = "acm2-preset";

/** The nodes of the start page; `from` is a run whose documents are to be judged again, or null. */
export function startPage(base, from = null) {
  const chosen = el("select", { id: "preset", disabled: true });
  const description = el("span", { class: "muted" });
  const own = el("textarea", { id: "config", spellcheck: "false", placeholder: "documents: …" });
  const shownPlan = el("div", { class: "choose", "aria-live": "polite", data: { role: "plan" } });
  const start = el("button", { type: "button", class: "main", text: "Start", disabled: true });
  const told = toldBox();
  const edit = el("a", { text: "view and edit", hidden: true });
  const confirm = confirmation();
  let known = [];
  let asked = 0;
  let typing = null;
  let shown = null;

  const request = () => requestFor({ preset: chosen.value, config: own.value, from });

  async function refresh() {
    const wanted = request();
    asked += 1;
    const mine = asked;
    start.disabled = true;
    edit.href = presetPage(base, chosen.value);
    show(edit, Boolean(chosen.value));
    setText(description, own.value.trim() ? "Your own configuration, below." : (describe(known, chosen.value) ?? ""));
    if (!wanted) return;
    shownPlan.classList.add("stale");
    try {
      const answer = await askJson(plan(base), { method: "POST", ...wanted });
      if (mine !== asked) return;
      shown = answer;
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
    const wanted = request();
    const asking = question(shown);
    if (asking !== null && !(await confirm.ask(asking))) {
      start.disabled = false;
      return;
    }
    try {
      const { run_id: runId } = await askJson(runs(base), { method: "POST", ...wanted });
      location.assign(runPage(base, runId));
    } catch (error) {
      told.tell(error);
      start.disabled = false;
    }
  }

  async function choose() {
    try {
      known = (await askJson(presets(base))).presets;
      const asBefore = from ? [el("option", { value: "", text: `as ${from} judged them` })] : [];
      chosen.replaceChildren(...asBefore, ...known.map(({ name }) => el("option", { value: name, text: name })));
      const last = localStorage.getItem(REMEMBERED);
      if (!from && known.some(({ name }) => name === last)) chosen.value = last;
      chosen.disabled = chosen.options.length === 0;
      await refresh();
    } catch (error) {
      told.tell(error);
    }
  }

  chosen.addEventListener("change", () => {
    if (chosen.value) localStorage.setItem(REMEMBERED, chosen.value);
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
    el("h1", { text: from ? `Judge the documents of ${from} again` : "Run an evaluation" }),
    el(
      "section",
      { class: "panel choose", "aria-label": "What to run" },
      el("label", { for: "preset" }, "Preset", chosen),
      el("p", { class: "row" }, description, edit),
      el("details", {}, el("summary", { text: "Your own configuration instead (YAML or JSON)" }), own),
      shownPlan,
      told.node,
      el("div", { class: "buttons" }, start),
      confirm.node,
    ),
    earlierRuns(base),
  ];
}

const describe = (presets, name) => presets.find((preset) => preset.name === name)?.description;

function earlierRuns(base) {
  const list = el("ul", { class: "runs", data: { role: "runs" } });
  const told = toldBox();
  const compareLink = el("p", {}, el("a", { href: comparePage(base), text: "compare runs" }));
  const node = el(
    "section",
    { class: "panel", hidden: true },
    el("h2", { text: "Runs" }),
    list,
    compareLink,
    told.node,
  );
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
