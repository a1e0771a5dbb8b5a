// What came out so far: the answer, each model's mean, each judgement with its reasons. What is missing says why.

import { el, show } from "../dom.js";
import { count, modelLabel, money } from "../format.js";

const mean = (value) => (value == null ? "–" : value.toFixed(2));

/** The section: `node`, and `update(results)`. */
export function resultsView() {
  const answer = el("p", { class: "answer", data: { role: "answer" } });
  const documents = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Documents" });
  const models = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Models" });
  const judgements = el("ul", { class: "judgements" });
  const reasons = el("details", {}, el("summary", { text: "Each judgement, with its reasons" }), judgements);
  const node = el(
    "section",
    { class: "panel choose", hidden: true, data: { role: "results" } },
    el("h2", { text: "Results" }),
    answer,
    models,
    documents,
    reasons,
  );
  return {
    node,
    update({ answer: text, models: made, scores }) {
      show(node, scores.length > 0);
      answer.textContent = text ?? "No judgement yet.";
      models.replaceChildren(made.length ? modelTable(made) : "");
      documents.replaceChildren(documentTable(scores));
      judgements.replaceChildren(
        ...scores.flatMap((document) => document.judgements.map((one) => judgement(document, one))),
      );
    },
  };
}

function table(heads, rows) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
  const body = rows.map(([name, ...cells]) =>
    el("tr", {}, el("th", { scope: "row", text: name }), ...cells.map((text) => el("td", { text }))),
  );
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...body));
}

function modelTable(models) {
  const rows = models.map((model) => [
    named(model),
    mean(model.mean),
    count(model.judged),
    count(model.missing),
    money(model.cost_usd),
    money(model.cost_per_document_usd),
  ]);
  return table(["model", "mean", "documents judged", "missing", "cost", "cost per document"], rows);
}

const named = (model) => {
  const settings = Object.entries(model.settings ?? {}).map(([name, value]) => `${name} ${value}`);
  return [modelLabel(model), ...settings].join(", ");
};

function documentTable(documents) {
  const criteria = [...new Set(documents.flatMap((document) => Object.keys(document.criteria)))];
  const rows = documents.map((document) => [
    document.document,
    ...criteria.map((name) => mean(document.criteria[name])),
    mean(document.mean),
    `${count(document.judged)} of ${count(document.planned)}`,
  ]);
  return table(["document", ...criteria, "mean", "judged"], rows);
}

function judgement({ document }, { judge, trial, scores, reasons, mean: value, missing }) {
  const title = `${document}, by ${modelLabel(judge)}, trial ${trial}`;
  if (scores === null)
    return el("li", {}, el("strong", { text: title }), el("p", { class: "missing", text: missing ?? "missing" }));
  const lines = Object.entries(scores).map(([name, score]) =>
    el("li", { text: `${name}: ${score}. ${reasons?.[name] ?? ""}` }),
  );
  return el("li", {}, el("strong", { text: `${title}: ${mean(value)}` }), el("ul", {}, ...lines));
}
