// What came out so far: the answer first, then each view of it, drawn when it is opened. What is missing says why.

import { againPage, comparePage, runDocument, runExport } from "./addresses.js";
import { callDetails } from "./call-details.js";
import { callsView } from "./calls-view.js";
import { foldOut } from "./fold-out.js";
import { longText, reader } from "./reader.js";
import { answerWords } from "./results/answer.js";
import { comparedView, decided, winnerTable } from "./results/compared.js";
import { costTables } from "./results/costs.js";
import { heatmap } from "./results/heatmap.js";
import { judgeTables } from "./results/judges.js";
import { modelTable } from "./results/models.js";
import { paretoChart } from "./results/pareto.js";
import { amiss, plannedTables } from "./results/planned.js";
import { within } from "./results/within.js";
import { el, setText, show } from "../dom.js";
import { ask } from "../problem.js";

const FORMATS = { html: "report (HTML)", csv: "CSV", json: "JSON", ndjson: "NDJSON" };

/** The section: `node`, `within` (what was chosen, or null), and `update(results)`. */
export function resultsView(base, runId) {
  const window = reader();
  const onDocument = (name) => window.open(name, () => documentText(base, runId, name));
  const onCall = (id) => window.open(id, () => callDetails(base, runId, id));
  const answer = el("p", { class: "answer", data: { role: "answer" } });
  const near = within(base, runId);
  const compared = comparedView({ onDocument });
  const parts = {
    models: foldOut({ title: "Models", role: "models", draw: modelTable, open: true }),
    pareto: foldOut({ title: "Cost against quality", role: "pareto", draw: paretoChart, open: true }),
    winners: foldOut({
      title: "Winners",
      summary: (all) => `Winners: ${decided(all)}`,
      role: "winners",
      draw: (all) => winnerTable(all, { onDocument }),
      open: true,
    }),
    scores: foldOut({
      title: "Scores",
      role: "scores",
      draw: (all) => heatmap(all, { onDocument, onCall }),
      open: true,
    }),
    compared: foldOut({
      title: "Comparisons: ranking and head to head",
      role: "comparisons",
      draw: (all) => {
        compared.update(all);
        return compared.nodes;
      },
      open: true,
    }),
    judges: foldOut({ title: "Judges: deviation, agreement, position", role: "judges", draw: judgeTables }),
    costs: foldOut({ title: "Costs", role: "costs", draw: costTables }),
    planned: foldOut({
      title: "Planned and there",
      summary: (all) => ["Planned and there", amiss(all)].filter(Boolean).join(": "),
      role: "planned",
      draw: (all) => plannedTables(all, { onCall }),
    }),
  };
  const calls = callsView(base, runId, window);
  const node = el(
    "section",
    { class: "panel choose", hidden: true, data: { role: "results" } },
    el("h2", { text: "Results" }),
    answer,
    near.node,
    ...Object.values(parts).map((part) => part.node),
    calls.node,
    ways(base, runId),
    window.node,
  );
  return {
    node,
    get within() {
      return near.within;
    },
    update(results) {
      const { models, scores, pairs, ranking, winners, plan, costs } = results;
      show(node, true);
      setText(answer, answerWords(results));
      near.update(results);
      parts.models.update(results, { hidden: !models.length });
      parts.pareto.update(results, { hidden: !models.some(isJudged) });
      parts.winners.update(results, { hidden: !winners?.length });
      parts.scores.update(results, { hidden: !scores.some(({ judgements }) => judgements.length) });
      parts.compared.update(results, { hidden: !pairs?.length && !ranking?.length });
      parts.judges.update(results, { hidden: !results.judge_deviations?.length && !results.position_bias?.overall });
      parts.costs.update(results, { hidden: !costs });
      parts.planned.update(results, { hidden: !plan?.length });
    },
  };
}

const isJudged = ({ mean, win_rate: won }) => mean != null || won != null;

async function documentText(base, runId, name) {
  const response = await ask(runDocument(base, runId, name));
  return longText(await response.text());
}

function ways(base, runId) {
  const exports = Object.entries(FORMATS).map(([format, text]) =>
    el("a", { href: runExport(base, runId, format), download: format === "html" ? null : "", text, data: { format } }),
  );
  return el(
    "p",
    { class: "buttons", data: { role: "ways" } },
    "Take away:",
    ...exports,
    el("a", { href: comparePage(base, [runId]), text: "compare with another run" }),
    el("a", { href: againPage(base, runId), text: "judge these documents again" }),
  );
}
