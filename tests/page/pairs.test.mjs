// Comparisons, rankings and what is said of them: counted once each, whatever order they come in.

import assert from "node:assert/strict";
import test from "node:test";

import { attemptWords, errorWords } from "../../services/pages/static/execute/call-details.js";
import { answerWords } from "../../services/pages/static/execute/results/answer.js";
import { decided } from "../../services/pages/static/execute/results/compared.js";
import { between } from "../../services/pages/static/execute/results/models.js";
import { question } from "../../services/pages/static/execute/confirm.js";
import { lineOf, partsOf } from "../../services/pages/static/execute/places.js";
import { requestFor } from "../../services/pages/static/execute/request.js";
import { heatCells } from "../../services/pages/static/execute/results/cells.js";
import { asRanking } from "../../services/pages/static/execute/results/compared.js";
import { paretoPoints } from "../../services/pages/static/execute/results/pareto.js";
import { amiss } from "../../services/pages/static/execute/results/planned.js";
import { costScale, scoreScale, stepped } from "../../services/pages/static/execute/results/scale.js";
import { aboutOutcome } from "../../services/pages/static/notices/outcome.js";
import { groupKey, HeadToHead, share, shareBand } from "../../services/pages/static/pairs.js";
import { caveats, labeller, placeOn, ratingText, remark, scaleOf } from "../../services/pages/static/rankings.js";
import { spending } from "../../services/pages/static/view/budget.js";
import { inWords } from "../../services/pages/static/view/comparisons.js";
import { phaseState } from "../../services/pages/static/view/progress.js";
import { winnerWords } from "../../services/pages/static/view/standings.js";

const pair = (order, winner, more = {}) => ({
  item_id: `doc~a~b~j~1~${order}`,
  input: "doc",
  phase: "pairwise_eval",
  a: "a",
  b: "b",
  order,
  winner,
  judge: "j",
  trial: 1,
  ...more,
});

function tallied(...pairs) {
  const tally = new HeadToHead();
  for (const one of pairs) tally.add(one);
  return tally;
}

const GROUP = groupKey("doc", "pairwise_eval");

test("a pair counts for both sides, with the place it was shown at", () => {
  const tally = tallied(pair("ab", "a"), pair("ba", "a"), pair("ab", "tie", { trial: 2 }));
  assert.deepEqual(tally.cell(GROUP, "a", "b"), { wins: 2, losses: 0, ties: 1, shownFirst: 2, wonFirst: 1 });
  assert.deepEqual(tally.cell(GROUP, "b", "a"), { wins: 0, losses: 2, ties: 1, shownFirst: 1, wonFirst: 0 });
  assert.equal(tally.cell(GROUP, "a", "c"), null);
  assert.deepEqual([tally.judged, tally.decided, tally.firstWon, tally.orders], [3, 2, 1, { both: 1, changed: 0 }]);
});

test("a judgement that comes again replaces the one before", () => {
  const tally = tallied(pair("ab", "a"), pair("ab", "b"), pair("ab", "b"));
  assert.deepEqual(tally.cell(GROUP, "a", "b"), { wins: 0, losses: 1, ties: 0, shownFirst: 1, wonFirst: 0 });
  assert.deepEqual([tally.judged, tally.firstWon], [1, 0]);
});

test("the order of arrival changes nothing that is shown", () => {
  const all = [pair("ab", "a"), pair("ba", "b"), pair("ab", "tie", { trial: 2 }), pair("ba", "a", { trial: 2 })];
  const [one, other] = [tallied(...all), tallied(...all.toReversed())];
  assert.deepEqual(one.cell(GROUP, "a", "b"), other.cell(GROUP, "a", "b"));
  assert.equal(inWords(one), inWords(other));
});

test("inputs and phases are kept apart: their documents never meet", () => {
  const after = pair("ab", "b", { phase: "post_combine_eval" });
  const tally = tallied(pair("ab", "a"), after, pair("ab", "a", { input: "other", item_id: "o" }));
  assert.deepEqual(
    tally.groups.map(({ input, phase }) => [input, phase]),
    [
      ["doc", "pairwise_eval"],
      ["doc", "post_combine_eval"],
      ["other", "pairwise_eval"],
    ],
  );
  assert.equal(tally.cell(groupKey("doc", "post_combine_eval"), "b", "a").wins, 1);
});

test("whether the order of showing matters is said", () => {
  const said = inWords(tallied(pair("ab", "a"), pair("ba", "b")));
  assert.equal(
    said,
    "after 2 comparisons; the one shown first won 2 of 2 decided ones (100 %); " +
      "the order changed the answer in 1 of 1 pair asked both ways.",
  );
  assert.equal(inWords(tallied(pair(null, "tie"))), "after 1 comparison.");
});

test("a share of wins has one of five bands", () => {
  assert.equal(share({ wins: 1, losses: 1, ties: 2 }), 0.5);
  assert.deepEqual([0, 0.5, 1].map(shareBand), [1, 3, 5]);
});

test("not bounded and not connected are said in words", () => {
  const rows = [
    { bounded: false, connected: true },
    { bounded: true, connected: false, component: 2 },
  ];
  assert.deepEqual(rows.map(remark), ["not bounded", "not connected: part 2"]);
  assert.deepEqual(
    caveats(rows).map((text) => text.split(":")[0]),
    ["Not connected", "Not bounded"],
  );
  assert.deepEqual([caveats([{ bounded: true, connected: true }]), remark({})], [[], ""]);
});

test("ratings stand on one scale, those of others too", () => {
  const scale = scaleOf([
    { rating: 0, low: -1, high: 1 },
    { rating: null, low: null, high: null },
  ]);
  assert.equal(placeOn(scale, 0, 200), 100);
  assert.deepEqual(scaleOf([]), { from: -1, to: 1 });
  assert.deepEqual([1510.4, -0.456, null, Number.NaN].map(ratingText), ["1510", "-0.46", "–", "–"]);
});

test("models are named with their settings only where a name stands for two", () => {
  const model = (temperature, name = "m") => ({ provider: "p", model: name, settings: { temperature } });
  const label = labeller([model(0.1), model(0.9), model(0.5, "other"), null]);
  assert.deepEqual([label(model(0.1)), label(model(0.5, "other"))], ["p · m, temperature 0.1", "p · other"]);
});

test("a winner nobody can name, and one that is tied, are said", () => {
  assert.equal(winnerWords({ document: null }, { final: false }), "nobody can say yet");
  assert.equal(winnerWords({ document: "a", tied: ["b"] }, { final: false }), "a and b are just as good so far");
  assert.equal(winnerWords({ document: "a", tied: ["b"], tied_omitted: 9 }), "a, b and 9 more are just as good");
});

test("a tie decides nothing", () => {
  const winners = [{ document: "a", tied: ["b"] }, { document: "c", tied: [] }, { document: null }];
  assert.equal(decided({ winners }), "1 of 3 inputs decided, 1 tied");
});

test("an interval that rests on too little says so", () => {
  assert.equal(between(null, null, String, "one input only"), "one input only");
  assert.deepEqual([between(1, 2, String, null), between(null, null, String, null)], ["1 … 2", "–"]);
});

test("a run without any judgement says why at its top", () => {
  const small = { kind: "output_too_small", provider: "p", model: "m", attempts: 1200, message: "69 bytes, not 5000" };
  const run = { answer: null, status: "failed", reason: "breaker", errors: [small] };
  const why = "Most often (1,200 times, p · m): output too small: 69 bytes, not 5000.";
  assert.equal(answerWords(run), `No judgement (breaker). ${why}`);
  assert.equal(answerWords({ ...run, status: "running", errors: [] }), "No judgement yet.");
});

test("what is spent stands against what may be; no limit is no bar", () => {
  const stats = { attempts: 9, max_requests_total: 9, cost_usd: null, max_cost_usd: 2, unpriced_attempts: 3 };
  assert.deepEqual(
    spending(stats).map(({ name, text, over }) => [name, text, over]),
    [
      ["requests", "9 of 9 at most", true],
      ["cost", "unknown of $2.00, 3 requests unpriced", false],
    ],
  );
  assert.deepEqual(spending({ ...stats, max_requests_total: null, max_cost_usd: undefined }), []);
});

test("a phase waits, is under way, or is done", () => {
  const none = { successful_calls: 0, failed_calls: 0, in_flight: 0, queued: 0, cancelled_calls: 0, lost_calls: 0 };
  const phase = (more) => phaseState({ ...none, not_started: 0, planned_calls: 4, ...more });
  assert.deepEqual(
    [{}, { in_flight: 1 }, { successful_calls: 3 }, { successful_calls: 3, failed_calls: 1 }].map(phase),
    ["waits", "now", "now", "done"],
  );
  assert.equal(phase({ failed_calls: 1, not_started: 3 }), "ended", "what was given up is not done");
});

test("how a run with errors ended says why, the most frequent cause first", () => {
  const errors = [
    { kind: "server", count: 2, message: "" },
    { kind: "output_too_small", count: 2016, message: "2,500 bytes of 3,072" },
  ];
  const stats = { failed_calls: 4, cancelled_calls: 0, lost_calls: 0, not_started: 9, errors };
  const [told] = aboutOutcome({ status: "completed_with_errors", reason: "budget", stats });
  assert.equal(
    told.text,
    "This run is completed with errors (budget): 4 calls failed, 9 not started. " +
      "Why: output too small × 2,016 (2,500 bytes of 3,072); server × 2.",
  );
  assert.deepEqual(aboutOutcome({ status: "completed", reason: null, stats }), []);
});

const JUDGE = { provider: "p", model: "j", settings: {} };
const judged = (more) => ({
  judge: JUDGE,
  trial: 1,
  scores: null,
  reasons: null,
  missing: null,
  call_id: "c",
  ...more,
});

test("a cell is scored, pending, failed or not planned", () => {
  const other = { ...JUDGE, model: "k" };
  const row = (document, ...judgements) => ({ document, criteria: { Clarity: null }, judgements });
  const { judges, rows } = heatCells([
    row(
      "a",
      judged({ scores: { Clarity: 4 }, reasons: { Clarity: "plain" } }),
      judged({ missing: "timeout: late", trial: 2 }),
    ),
    row("b", judged({ missing: "not there yet (queued)" })),
    row("c", judged({ missing: "unreadable_verdict: no score" }), judged({ judge: other, missing: "budget: spent" })),
  ]);
  assert.deepEqual(
    judges.map(({ name }) => name),
    ["p · j", "p · k"],
  );
  assert.deepEqual(
    rows.map(({ cells }) => cells.map(({ state }) => state)),
    [
      ["scored", "unplanned"],
      ["pending", "unplanned"],
      ["failed", "failed"],
    ],
  );
  assert.deepEqual(rows[0].cells[0].lines, ["trial 1: 4. plain", "trial 2: timeout: late"]);
});

test("models of unknown cost stand apart from the front", () => {
  const model = (name, more) => ({ provider: "p", model: name, settings: {}, win_rate: null, ...more });
  const models = [
    model("dear", { mean: 4, low: 3, high: 5, cost_per_document_usd: 0.5 }),
    model("cheap", { mean: 4.5, low: null, high: null, cost_per_document_usd: 0 }),
    model("free", { mean: 5, cost_per_document_usd: null }),
    model("unjudged", { mean: null, cost_per_document_usd: 1 }),
  ];
  const { by, points, unknown } = paretoPoints({ models, pareto: [models[1]] });
  assert.deepEqual(
    [by, points.map(({ model: { model: name }, front }) => [name, front]), unknown.map(({ model: one }) => one.model)],
    [
      "mean",
      [
        ["cheap", true],
        ["dear", false],
      ],
      ["free"],
    ],
  );
});

test("scales of a chart hold every point, also of costs far apart, all alike or nothing", () => {
  for (const costs of [[0, 0], [0.001, 5], [2], [0, 3, 9]]) {
    const scale = costScale(costs);
    for (const cost of costs) assert.ok(scale.at(cost) >= 0 && scale.at(cost) <= 1, `${cost} of ${costs}`);
    assert.ok(scale.ticks.length >= 1);
  }
  assert.ok(costScale([0.001, 5]).log);
  const same = scoreScale([4, 4]);
  assert.equal(same.at(4).toFixed(9), "0.500000000");
  assert.deepEqual(stepped(0, 1, 4), [0, 0.5, 1]);
});

test("results of both comparisons become one ranking by input and phase", () => {
  const { ranking, post_combine: after } = asRanking({
    ranking: [{ input: "doc", document: "a" }],
    post_combine: [{ input: "doc", ranking: [{ input: "doc", document: "c" }], winner: "c" }],
  });
  assert.deepEqual([ranking.length, after.ranking], [1, [{ input: "doc", document: "c" }]]);
  assert.equal(amiss({ plan: [{ missing: [1, 2], unplanned: [] }] }), "2 missing");
});

test("somebody is asked before more than a dollar may be spent, or nobody knows how much", () => {
  const plan = (expected, worst) => question({ cost_usd: { expected, worst }, max_requests_total: 1200 });
  assert.equal(plan(0.2, 1), null);
  assert.match(plan(0.5, 3.2), /^This may cost \$3\.20 at worst .*1,200 requests/);
  assert.match(plan(null, null), /^Nobody can say .*1,200 requests/);
});

test("documents of a run are judged again as that run did, as a preset says, or as is written", () => {
  const from = { documents_from: { run: "r" } };
  const body = (asked) => requestFor({ preset: "", config: "", from: "r", ...asked }).body;
  assert.deepEqual(JSON.parse(body({})), from);
  assert.deepEqual(JSON.parse(body({ preset: "p" })), { preset: "p", ...from });
  assert.deepEqual(JSON.parse(body({ config: '{"name": "n"}' })), { config: { name: "n" }, ...from });
  assert.equal(body({ config: "name: n" }), 'documents_from: {"run":"r"}\nconfig:\n  name: n\n');
  assert.equal(requestFor({ preset: "", config: " " }), null);
});

const TEXT = `name: x
generation:
  models:
    - {provider: a, model: m}
    - provider: b
      top_p: 7
limits:
  concurency: 2
`;

test("a mistake is found in the text by its path, as far as the path leads", () => {
  assert.deepEqual(partsOf("generation.models[1].top_p"), ["generation", "models", 1, "top_p"]);
  const lines = ["generation.models[1].top_p", "limits.concurency", "limits.gone", "single_eval", "name"];
  assert.deepEqual(
    lines.map((path) => lineOf(TEXT, path)),
    [6, 8, 7, null, 1],
  );
  assert.equal(lineOf('{\n  "limits": {\n    "concurency": 2\n  }\n}', "limits.concurency"), 3);
});

test("an attempt is told in one line, what is unknown as unknown", () => {
  const attempt = { outcome: "failed", started: "x", duration_s: 1.5, sent: "maybe", input_tokens: null };
  const told = attemptWords({ ...attempt, output_tokens: null, cost_usd: null });
  assert.equal(told, "failed · begun – · took 1.5 s · perhaps sent · cost unknown");
  assert.equal(errorWords({ kind: "rate_limited", message: "slow down", status: 429 }), "429 rate_limited: slow down");
});
