// Runs side by side: what each brought and cost, model by model, and in what they were told differently.

import { compare, comparePage as addressOf, runPage, runs } from "./addresses.js";
import { between, priced } from "./results/models.js";
import { table } from "./table.js";
import { toldBox } from "./told.js";
import { el } from "../dom.js";
import { count, phaseLabel, statusLabel, UNKNOWN } from "../format.js";
import { askJson } from "../problem.js";
import { labeller, ratingText, shareText, withSettings } from "../rankings.js";

const RUNS_AT_ONCE = 8;
const two = (value) => (value == null ? UNKNOWN : value.toFixed(2));

/** The nodes of the page; with fewer than two runs it lets one choose. */
export function comparePage(base, runIds) {
  const told = toldBox();
  const out = el("div", { class: "choose", data: { role: "compared" } });
  const heading = el("h1", { text: "Compare runs" });
  document.title = "Compare · ACM2";
  if (runIds.length > 1) {
    askJson(compare(base, runIds)).then(
      (found) => out.replaceChildren(...sections(base, found)),
      (error) => told.tell(error),
    );
  }
  return [heading, chooser(base, runIds, told), told.node, out];
}

function chooser(base, runIds, told) {
  const list = el("ul", { class: "runs choices" });
  const go = el("button", { type: "button", class: "main", text: "Compare", disabled: true });
  const checked = () => [...list.querySelectorAll("input:checked")].map(({ value }) => value);
  list.addEventListener("change", () => {
    const number = checked().length;
    go.disabled = number < 2 || number > RUNS_AT_ONCE;
  });
  go.addEventListener("click", () => location.assign(addressOf(base, checked())));
  askJson(runs(base)).then(
    ({ runs: found }) => {
      const known = new Set(found.map(({ run_id: id }) => id));
      const others = runIds.filter((id) => !known.has(id)).map((id) => ({ run_id: id, status: null, preset: null }));
      list.replaceChildren(...[...others, ...found].map((run) => choice(run, runIds)));
      list.dispatchEvent(new Event("change"));
    },
    (error) => told.tell(error),
  );
  const box = el("div", { class: "tall", tabindex: "0", role: "region", "aria-label": "Runs to compare" }, list);
  return el(
    "details",
    { class: "panel", open: runIds.length < 2 },
    el("summary", { text: `Choose two to ${RUNS_AT_ONCE} runs` }),
    box,
    el("div", { class: "buttons" }, go),
  );
}

function choice({ run_id: id, status, preset }, runIds) {
  const box = el("input", { type: "checkbox", value: id, checked: runIds.includes(id) });
  const more = [preset, status && statusLabel(status)].filter(Boolean).join(" · ");
  return el("li", {}, el("label", { class: "choice" }, box, id), el("span", { class: "muted", text: more }));
}

/** Every part of the comparison that has something to show. */
function sections(base, found) {
  const names = found.runs.map(({ run_id: id }) => id);
  return [
    panel("In short", overview(base, found.runs)),
    panel("Models", models(found.models, names)),
    panel(
      "Criteria: mean over all verdicts",
      means(found.criteria, names, ({ name }) => name),
    ),
    panel(
      "Documents: mean",
      means(found.documents, names, ({ input, document }) =>
        input === document ? document : `${document} (${input})`,
      ),
    ),
    panel("Costs", costs(found.costs, names)),
    panel("Told differently", differences(found.differs, names)),
  ].filter(Boolean);
}

const panel = (title, nodes) =>
  nodes.length ? el("section", { class: "panel choose" }, el("h2", { text: title }), ...nodes) : null;

function overview(base, found) {
  const rows = found.map((run) => [
    el("a", { href: runPage(base, run.run_id), text: run.run_id }),
    statusLabel(run.status),
    { text: run.answer ?? "no judgement yet", class: "left wrap" },
    { text: run.cheapest_within?.line ?? UNKNOWN, class: "left wrap" },
    priced(run.costs.cost_usd, run.costs.unpriced_attempts),
    count(run.costs.attempts),
    run.phases
      .map(({ phase, planned, succeeded }) => `${phaseLabel(phase)} ${count(succeeded)}/${count(planned)}`)
      .join(", "),
  ]);
  return table(["run", "status", "answer", "cheapest within", "cost", "requests", "calls"], rows, {
    label: "In short",
  });
}

function models(found, names) {
  const named = labeller(found);
  const rows = found.flatMap((model) =>
    names.map((name, index) => {
      const one = model.in[index];
      const label = { text: index === 0 ? named(model) : "", title: withSettings(model) };
      if (one === null) return [label, name, ...Array.from({ length: 5 }, () => UNKNOWN)];
      const interval = between(one.low, one.high, two, one.no_interval);
      const cost = priced(one.cost_per_document_usd, one.unpriced_attempts);
      return [label, name, two(one.mean), interval, ratingText(one.rating), shareText(one.win_rate), cost];
    }),
  );
  const heads = ["model", "run", "mean", "95 % between", "rating", "won share", "cost per document"];
  return rows.length ? table(heads, rows, { label: "Models side by side" }) : [];
}

function means(found, names, label) {
  const rows = found.map((row) => [label(row), ...row.means.map(two)]);
  return rows.length ? table(["", ...names], rows, { label: "Means side by side" }) : [];
}

function costs(found, names) {
  const rows = found.map(({ phase, in: each }) => [
    phase === null ? "all" : phaseLabel(phase),
    ...each.map((one) =>
      one === null ? UNKNOWN : `${priced(one.cost_usd, one.unpriced_attempts)}, ${count(one.attempts)} requests`,
    ),
  ]);
  return table(["phase", ...names], rows, { label: "Costs side by side" });
}

function differences(found, names) {
  const text = (value) => (value === null ? UNKNOWN : typeof value === "string" ? value : JSON.stringify(value));
  const rows = found.map(({ path, values }) => [
    path,
    ...values.map((value) => ({ text: text(value).slice(0, 120), title: text(value), class: "left" })),
  ]);
  if (!rows.length) return [el("p", { class: "muted", text: "In nothing: their configurations are the same." })];
  return table(["setting", ...names], rows, { label: "Told differently" });
}
