// The calls of a run, on demand: by status, phase and model, a page at a time; each opens with its prompts and answers.

import { runCalls } from "./addresses.js";
import { callDetails, errorWords } from "./call-details.js";
import { el, show } from "../dom.js";
import { count, phaseLabel } from "../format.js";
import { askJson } from "../problem.js";
import { withSettings } from "../rankings.js";
import { PHASES } from "../run-status.js";
import { toldBox } from "./told.js";

const PAGE_SIZE = 100;
/** Beyond this many rows a list is no way to find anything; the filters are. */
const MOST_ROWS = 1_000;
const STATUSES = ["failed", "lost", "cancelled", "in_flight", "queued", "succeeded"];

/** The part of the page: `node`. `reader` is the window a call opens in. */
export function callsView(base, runId, reader) {
  const status = choice("status", "any status", STATUSES, (name) => name.replaceAll("_", " "));
  const phase = choice("phase", "any phase", PHASES, phaseLabel);
  const model = el("input", { type: "search", placeholder: "any model", "aria-label": "model" });
  const ask = el("button", { type: "button", text: "Show calls" });
  const more = el("button", { type: "button", text: "More", hidden: true });
  const body = el("tbody");
  const heads = ["call", "phase", "model", "status", "requests", "error"];
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
  const table = el("table", {}, el("thead", {}, head), body);
  const box = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Calls" }, table);
  const said = el("p", { class: "muted", role: "status" });
  const told = toldBox();
  let after = null;
  let asked = 0;

  async function load(anew) {
    asked += 1;
    const mine = asked;
    if (anew) after = null;
    const query = { status: status.value, phase: phase.value, model: model.value.trim(), limit: PAGE_SIZE, after };
    try {
      const answer = await askJson(runCalls(base, runId, query));
      if (mine !== asked) return;
      if (anew) body.replaceChildren();
      body.append(...answer.calls.map(row));
      after = answer.after;
      told.clear();
    } catch (error) {
      if (mine === asked) told.tell(error);
      return;
    }
    const rows = body.children.length;
    const full = rows >= MOST_ROWS;
    said.textContent = full
      ? `The first ${count(rows)}: choose a status, a phase or a model to see others.`
      : `${count(rows)} shown${after === null ? "" : ", there are more"}.`;
    show(box, rows > 0);
    show(more, after !== null && !full);
  }

  function row(call) {
    const open = el("button", { type: "button", class: "link", text: call.label ?? call.call_id });
    open.addEventListener("click", () => reader.open(call.call_id, () => callDetails(base, runId, call.call_id)));
    const cells = [phaseLabel(call.phase), withSettings(call), call.status.replaceAll("_", " "), count(call.attempts)];
    return el(
      "tr",
      { data: { call: call.call_id } },
      el("th", { scope: "row" }, open),
      ...cells.map((text) => el("td", { text })),
      el("td", { text: call.error ? errorWords(call.error) : "" }),
    );
  }

  show(box, false);
  ask.addEventListener("click", () => load(true));
  more.addEventListener("click", () => load(false));
  for (const chosen of [status, phase, model]) chosen.addEventListener("change", () => load(true));
  const node = el(
    "details",
    { data: { role: "calls" } },
    el("summary", { text: "Each call: prompt, raw answer, errors" }),
    el("div", { class: "buttons" }, status, phase, model, ask),
    said,
    told.node,
    box,
    more,
  );
  node.addEventListener("toggle", () => {
    if (node.open && !body.children.length) load(true);
  });
  return { node };
}

function choice(name, any, values, label) {
  const options = values.map((value) => el("option", { value, text: label(value) }));
  return el("select", { "aria-label": name }, el("option", { value: "", text: any }), ...options);
}
