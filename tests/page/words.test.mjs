// Numbers, scores and lists as people read them: unknown is never 0, missing is missing.

import assert from "node:assert/strict";
import test from "node:test";

import { priceCells } from "../../services/pages/static/execute/plan-prices.js";
import * as format from "../../services/pages/static/format.js";
import { refusal } from "../../services/pages/static/problem.js";
import { NO_RUNS, withFrame, withPage } from "../../services/pages/static/run-list.js";
import { inWords } from "../../services/pages/static/run-list-page.js";
import { titled } from "../../services/pages/static/page-title.js";
import { givenUp, goneThrough } from "../../services/pages/static/progress-words.js";
import { band, cellKey, scoreTable } from "../../services/pages/static/scores.js";
import { waiting } from "../../services/pages/static/view/in-flight.js";
import { wording } from "../../services/pages/static/view/log-lines.js";
import { shares } from "../../services/pages/static/view/progress.js";

test("unknown is a word or a dash", () => {
  assert.deepEqual([format.money(null), format.count(null), format.duration(null)], ["unknown", "–", "–"]);
});

test("money keeps its digits", () => {
  const shown = [0, 1e-9, 0.000385, 0.0123456, 0.5, 1234.5].map(format.money);
  assert.deepEqual(shown, ["$0", "< $0.000001", "$0.000385", "$0.0123", "$0.500", "$1234.50"]);
});

test("a price says who states it, and an unknown one why it is", () => {
  const row = { provider: "p", model: "m", input_per_mtok: 7, output_per_mtok: 0, source: "file", per_request: 0.012 };
  assert.deepEqual(priceCells({ ...row, dearest_input_per_mtok: 9, dearest_output_per_mtok: 1 }), [
    "p · m",
    "$7.00",
    "$0",
    "from the executor's own prices; and $0.0120 a request; at other times up to $9.00 and $1.00",
  ]);
  const unknown = { input_per_mtok: null, output_per_mtok: null, source: "unknown", reason: "it is not in the list" };
  assert.deepEqual(priceCells({ ...row, per_request: null, ...unknown }).slice(1), [
    "unknown",
    "unknown",
    "it is not in the list",
  ]);
});

test("a duration is one clear text", () => {
  const shown = [0.012, 0.35, 12.4, 59.6, 200, 7500].map(format.duration);
  assert.deepEqual(shown, ["12 ms", "0.35 s", "12 s", "1 min 00 s", "3 min 20 s", "2 h 05 min"]);
});

test("what is not all is never 100 per cent", () => {
  assert.deepEqual(
    [format.percent(999, 1000), format.percent(1000, 1000), format.percent(0, 0)],
    ["99 %", "100 %", "–"],
  );
});

test("a rate has as many digits as say something", () => {
  assert.deepEqual([467.43, 32.31, 2.5, null].map(format.rate), ["467", "32.3", "2.5", "–"]);
});

test("an age is never below nothing: clocks differ", () => {
  assert.deepEqual([format.age(-500), format.age(3_900), format.age(61_000)], ["0 s", "3 s", "1 min 01 s"]);
});

const CONNECTED = { state: "live", downSince: null };

const scored = (document, judge, scores, more = {}) => ({ data: { item_id: "i", document, judge, scores, ...more } });

test("scores stand by document, judge and criterion, means over trials", () => {
  const mini = { provider: "openai", model: "mini" };
  const { judges, rows, trials } = scoreTable([
    scored("b", "local", { Clarity: 1 }),
    scored("a", mini, { Clarity: 4, Relevance: 2 }),
    scored("a", mini, { Clarity: 5 }),
  ]);
  assert.deepEqual(
    judges.map(({ judge, criteria }) => [judge, criteria]),
    [
      ["local", ["Clarity"]],
      ["openai · mini", ["Clarity", "Relevance"]],
    ],
  );
  const [local, openai] = judges.map(({ key }) => key);
  assert.equal(rows[0].cells.get(cellKey(openai, "Clarity")).mean, 4.5);
  assert.deepEqual([rows[0].mean, trials], [3.25, 2]);
  assert.equal(rows[0].cells.has(cellKey(local, "Clarity")), false);
});

test("documents stand in the order of their names, numbers in them as numbers", () => {
  const { rows } = scoreTable(["doc_10", "doc_9", "doc_1"].map((name) => scored(name, "j", { C: 3 })));
  assert.deepEqual(
    rows.map(({ document }) => document),
    ["doc_1", "doc_9", "doc_10"],
  );
});

test("two generators' documents of one name are two rows; a row without scores has no mean", () => {
  const made = (model, settings) => ({ generator: { provider: "p", model, settings } });
  const { rows } = scoreTable([
    scored("a", "j", {}, made("x", { temperature: 0.2 })),
    scored("a", "j", { C: 3 }, made("x", { temperature: 1 })),
    scored("a", "j", { C: 4 }, made("y", { temperature: 1 })),
    scored("a", "j", { C: 5 }),
  ]);
  assert.deepEqual(
    new Map(rows.map(({ generator, mean }) => [generator, mean])),
    new Map([
      ["p · x, temperature 0.2", null],
      ["p · x, temperature 1", 3],
      ["p · y", 4],
      [null, 5],
    ]),
  );
});

test("one judge under two settings is two judges", () => {
  const judge = (temperature) => ({ provider: "p", model: "m", settings: { temperature } });
  const { judges } = scoreTable([scored("a", judge(0), { C: 3 }), scored("a", judge(1), { C: 4 })]);
  assert.deepEqual(
    judges.map(({ judge: label }) => label),
    ["p · m, temperature 0", "p · m, temperature 1"],
  );
});

test("a score is in one of five bands", () => {
  assert.deepEqual([1, 1.5, 2.4, 3.5, 4.49, 5].map(band), [1, 2, 2, 4, 4, 5]);
});

test("a bar's parts add up to the plan, or to what there is beyond it", () => {
  const numbers = {
    successful_calls: 4,
    failed_calls: 1,
    cancelled_calls: 1,
    lost_calls: 0,
    not_started: 1,
    in_flight: 2,
    queued: 1,
  };
  assert.deepEqual(shares({ ...numbers, planned_calls: 20 }), {
    ok: 4,
    bad: 1,
    other: 2,
    flight: 2,
    rest: 11,
    done: 5,
    all: 20,
  });
  assert.equal(shares({ ...numbers, planned_calls: null }).all, 10);
});

test("what a call waits for is said, with the time still to wait", () => {
  const until = "2026-11-22T10:00:09.000Z";
  assert.equal(waiting({ waits_for: "backoff", until }, Date.parse(until) - 4_000), "backing off 4 s");
  assert.equal(waiting({ waits_for: "slot", until: null }, 0), "waits for a free slot");
  const limited = { waits_for: "backoff", until, reason: "429 rate_limited" };
  assert.equal(waiting(limited, Date.parse(until) - 12_000), "backing off 12 s (429 rate_limited)");
  assert.equal(waiting({ waits_for: null, until: null }, 0), "");
});

test("an event is one line of the log, cut where it is long", () => {
  assert.deepEqual(wording({ type: "log", data: { level: "error", message: "m" } }), { level: "error", text: "m" });
  assert.equal(wording({ type: "my.own", data: { n: 1 } }).text, 'my.own {"n":1}');
  assert.equal(wording({ type: "pair_judged", data: { a: "x", b: "y", winner: "b" } }).text, "x against y: y");
  assert.equal(wording({ type: "log", data: { message: "m".repeat(1000) } }).text.length, 401);
});

const status = (id, word) => ({ type: "status_update", run_id: id, status: word });

test("a run nobody has told of comes first; what the stream said stays when a page comes", () => {
  let list = withFrame(NO_RUNS, status("b", "running"));
  list = withPage(list, {
    runs: [
      { run_id: "c", status: "failed" },
      { run_id: "b", status: "planned" },
    ],
    next: "b",
  });
  assert.equal(list.more, "b");
  list = withFrame(list, status("c", "running"));
  list = withFrame(list, status("new", "running"));
  list = withPage(list, { runs: [{ run_id: "a", status: "failed", stats: 1 }], next: null });
  assert.deepEqual(
    list.runs.map(({ run_id: id, status: word }) => [id, word]),
    [
      ["new", "running"],
      ["c", "running"],
      ["b", "running"],
      ["a", "failed"],
    ],
  );
  assert.deepEqual([list.more, list.runs[3].stats], [null, 1]);
});

test("a deleted run leaves the list", () => {
  const list = withFrame(withFrame(NO_RUNS, status("a", "failed")), status("a", "deleted"));
  assert.deepEqual(list.runs, []);
});

test("words about the stream itself change no list", () => {
  assert.equal(withFrame(NO_RUNS, { type: "hello", run_id: null }), NO_RUNS);
  assert.equal(withFrame(NO_RUNS, { type: "drain", run_id: null }), NO_RUNS);
});

test("a run's numbers are one line; an unknown plan is not 0", () => {
  const numbers = {
    successful_calls: 3,
    failed_calls: 1,
    cancelled_calls: 0,
    lost_calls: 0,
    not_started: 0,
    retries: 0,
    cost_usd: null,
    planned_calls: null,
  };
  assert.equal(inWords(numbers), "4 calls · 1 failed");
  assert.equal(
    inWords({ ...numbers, planned_calls: 9, cost_usd: 0.5, retries: 2 }),
    "4 of 9 calls · 1 failed · 2 retried · $0.500",
  );
});

test("what was given up is not done, and says so", () => {
  const stopped = { successful_calls: 0, failed_calls: 0, cancelled_calls: 2, lost_calls: 1, not_started: 3 };
  assert.deepEqual([goneThrough(stopped), givenUp(stopped)], [0, "2 cancelled, 1 lost, 3 not started"]);
  const line = inWords({ ...stopped, planned_calls: 6, retries: 0, cost_usd: 0 });
  assert.equal(line, "0 of 6 calls · 2 cancelled, 1 lost, 3 not started");
  const title = titled("r", { status: "running", stats: { ...stopped, planned_calls: 6 }, connection: CONNECTED });
  assert.equal(title, "0 % · r");
});

test("the title of the tab says when nothing is known, or nothing newer comes in", () => {
  assert.equal(titled("r", { status: null, connection: { state: "connecting", downSince: null } }), "Connecting … · r");
  assert.equal(titled("r", { status: "running", connection: { state: "slow", downSince: 5 } }), "link down · r");
});

test("a problem document is told with all its errors", () => {
  const told = refusal(422, {
    detail: "2 mistakes",
    errors: [{ path: "limits.x", message: "unknown" }, { message: "no judge" }],
  });
  assert.deepEqual([told.message, told.errors], ["2 mistakes", ["limits.x: unknown", "no judge"]]);
  assert.equal(refusal(500, null).message, "The service answered with 500.");
});
