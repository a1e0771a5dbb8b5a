// What the page knows follows from the frames alone: the newest state wins, single events come once each.

import assert from "node:assert/strict";
import test from "node:test";

import { notices, spoken } from "../../services/pages/static/notices.js";
import {
  INITIAL,
  LOG_LINES_KEPT,
  withAudit,
  withConnection,
  withFrames,
  withReceipt,
  withRefused,
} from "../../services/pages/static/state.js";
import { connectionWords, freshness } from "../../services/pages/static/view/header.js";
import { servedAt } from "../../services/pages/static/view/in-flight.js";
import { HELLO } from "./fakes.mjs";

const after = (...frames) => withFrames(INITIAL, frames, 5_000);
const single = (seq, type, data = {}, epoch = "e") => ({
  type,
  run_id: "r",
  seq,
  epoch,
  time: "2026-11-22T10:00:00Z",
  data,
});
const STATUS = {
  type: "status_update",
  run_id: "r",
  status: "running",
  phase: null,
  producer: null,
  rejected: 0,
  complete: null,
};
const STATS = {
  total_calls: 4,
  successful_calls: 2,
  in_flight: 1,
  not_started: 0,
  failed_calls: 1,
  planned_calls: 9,
  violations: [],
  alerts: [],
  discarded: 0,
};
const stats = (more) => ({ type: "fpf_stats_update", run_id: "r", seq: 4, stats: { ...STATS, ...more } });
const END = {
  type: "end",
  run_id: "r",
  status: "completed",
  seq: 4,
  count: 4,
  digest: "00",
  complete: true,
  resumable: false,
};
const NOW = 9_000;
const ids = (state, page) => notices(state, NOW, page).map(({ id }) => id);
const textOf = (state, id, page) => notices(state, NOW, page).find((told) => told.id === id)?.text;

test("the newest state wins; the state before is not changed", () => {
  const first = after(HELLO, stats());
  const second = withFrames(first, [stats({ total_calls: 5 }), { ...STATUS, status: "cancelling" }], 6_000);
  assert.deepEqual([first.stats.total_calls, second.stats.total_calls, second.status], [4, 5, "cancelling"]);
  assert.deepEqual([first.lastFrameAt, second.lastFrameAt], [5_000, 6_000]);
});

test("single events are taken once each, whatever comes again after a reconnect", () => {
  const events = [single(2, "score_recorded"), single(5, "log"), single(7, "score_recorded"), single(8, "my.own")];
  const state = withFrames(after(...events), [...events, single(9, "score_recorded")], 6_000);
  assert.deepEqual(
    state.scores.map(({ seq }) => seq),
    [2, 7, 9],
  );
  assert.deepEqual(
    state.log.map(({ seq }) => seq),
    [5, 8],
  );
});

test("a batch changes no list of the state before", () => {
  const first = after(single(1, "score_recorded"));
  withFrames(first, [single(2, "score_recorded"), single(3, "score_recorded")], 6_000);
  assert.equal(first.scores.length, 1);
});

test("the log keeps its newest lines only", () => {
  const lines = Array.from({ length: LOG_LINES_KEPT + 50 }, (_, index) => single(index + 1, "log"));
  const { log } = after(...lines);
  assert.deepEqual([log.length, log[0].seq], [LOG_LINES_KEPT, 51]);
});

test("a gap, or another life of the log, forgets the single events of before", () => {
  const before = after(single(3, "score_recorded"), single(4, "log"));
  const gap = { type: "gap", run_id: "r", requested: "e-9", oldest: "f-1", newest: "f-2", reason: "other_epoch" };
  const state = withFrames(before, [gap, single(1, "score_recorded", {}, "f")], 6_000);
  assert.deepEqual([state.scores.length, state.log.length, state.scores[0].epoch], [1, 0, "f"]);
  assert.equal(withFrames(before, [single(1, "log", {}, "g")], 6_000).scores.length, 0);
});

test("pairs are kept, the newest ranking is kept", () => {
  const state = after(
    single(1, "pair_judged", { winner: "a" }),
    single(2, "ranking_changed", { ranking: [1] }),
    single(3, "ranking_changed", { ranking: [2] }),
  );
  assert.deepEqual([state.pairs.length, state.ranking.ranking], [1, [2]]);
});

test("a heartbeat tells the service's clock", () => {
  const state = after({ type: "heartbeat", run_id: "r", time: "1970-01-01T00:00:07.000Z", seq: 1 });
  assert.equal(state.clockOffsetMs, 2_000);
});

test("all is well: nothing is told", () => {
  assert.deepEqual(ids(after(HELLO, STATUS, stats()), { build: "b1" }), []);
  assert.deepEqual(ids(after(HELLO, STATUS, stats(), END)), []);
});

test("broken promises, an incomplete log, a failed check and unreadable frames are errors and come first", () => {
  let state = after(
    HELLO,
    stats({ violations: ["2 > 1"], discarded: 3 }),
    { ...END, complete: false },
    { type: "unreadable", detail: "x" },
  );
  state = withAudit(state, { state: "different", differences: ["retries is 1 here, 2 there"] });
  const told = notices(state, NOW);
  assert.deepEqual(
    told.slice(0, 4).map(({ level }) => level),
    ["error", "error", "error", "error"],
  );
  assert.deepEqual(
    new Set(told.map(({ id }) => id)),
    new Set(["violation-0", "incomplete", "unreadable", "audit-0", "discarded"]),
  );
});

test("another contract, another build, an update meanwhile are told", () => {
  assert.deepEqual(ids(after({ ...HELLO, contract: "2" })), ["contract"]);
  assert.deepEqual(ids(after(HELLO), { build: "b0" }), ["build"]);
  assert.deepEqual(ids(withFrames(after(HELLO), [{ ...HELLO, build: "b2" }], 6_000)), ["build"]);
});

test("a silent producer is told while the run is not over", () => {
  const producer = { state: "silent", since: "2026-11-22T10:00:00Z", pending: 7, oldest_pending_s: 3, storage: null };
  const silent = after(HELLO, { ...STATUS, producer });
  assert.deepEqual(ids(silent), ["producer"]);
  assert.match(textOf(silent, "producer"), /^producer silent since \S+, 7 events waiting there/);
  assert.deepEqual(ids(after(HELLO, { ...STATUS, producer, status: "failed" })), []);
});

test("a producer that has stopped for good is told, and nothing of the run is said to be now", () => {
  const sign = { state: "live", since: "", pending: 0, oldest_pending_s: 0, storage: "ok" };
  const live = { state: "live", downSince: null };
  const stands = (more, status = "running") => {
    const told = after(HELLO, { ...STATUS, status, producer: { ...sign, ...more } }, stats({ in_flight: 4 }));
    return withConnection({ ...told, eventTime: "2026-11-22T10:00:00Z" }, live);
  };
  const stopped = stands({ stopped: "telemetry is ahead." });
  const text =
    "The executor sends no more events of this run: telemetry is ahead. The numbers here are not all there is.";
  assert.deepEqual(ids(stopped), ["stopped"]);
  assert.equal(textOf(stopped, "stopped"), text);
  assert.match(
    spoken(stopped, (status) => status),
    /^Run running when last heard: /,
  );
  assert.equal(connectionWords(stopped), "no more events");
  assert.equal(servedAt(stopped, NOW), Date.parse("2026-11-22T10:00:00Z"));
  // Its own words come from the hello, too; a service that does not know the word says nothing of it.
  assert.deepEqual(ids(after({ ...HELLO, producer: { ...sign, stopped: "gone" } })), ["stopped"]);
  for (const going of [stands({ stopped: null }), stands({})]) {
    assert.deepEqual(ids(going), []);
    assert.deepEqual([connectionWords(going), servedAt(going, NOW)], ["live", NOW]);
  }
  const over = stands({ stopped: "telemetry is ahead" }, "completed");
  assert.deepEqual([ids(over), connectionWords(over)], [["stopped"], "live"]);
});

test("a log that was emptied brings nothing new; one that begins anew does", () => {
  const before = { ...after(HELLO, single(3, "log"), stats()), lastEventAt: 5_000 };
  const emptied = withFrames(before, [{ ...stats(), seq: 0 }], 6_000);
  assert.deepEqual([emptied.lastEventAt, emptied.statsSeq], [5_000, 0]);
  assert.equal(withFrames(before, [{ ...stats(), seq: 2 }, single(1, "log", {}, "f")], 7_000).lastEventAt, 7_000);
});

test("events that are late, refused or dropped, a full store, and alerts are told", () => {
  const producer = { state: "live", since: "", pending: 7, oldest_pending_s: 9, storage: "full" };
  const alerts = [{ alert_id: "a", state: "raised", kind: "retry_storm", severity: "error", message: "half" }];
  const told = ids(after(HELLO, { ...STATUS, producer, rejected: 2 }, stats({ alerts, discarded: 1 })));
  assert.deepEqual(told, ["alert-a", "storage", "discarded", "rejected", "pending"]);
});

const DOWN = { state: "reconnecting", since: 7_000, downSince: 5_000, retryAt: null, detail: "nothing was heard" };

test("a link that is down is told with since when, why, and how many events wait", () => {
  const away = (connection, more = {}) => ({ ...withConnection(after(HELLO), { ...DOWN, ...connection }), ...more });
  assert.deepEqual(ids(away({ state: "live", downSince: null })), []);
  assert.deepEqual(ids(away({ downSince: NOW - 500 })), []);
  assert.deepEqual(ids(away({ state: "slow", downSince: null })), ["slow"]);
  assert.deepEqual(ids(away({ state: "slow" })), ["link"]);
  assert.deepEqual(ids(away({ state: "refused", downSince: null, detail: "403" })), ["refused"]);
  assert.match(
    textOf(away(), "link"),
    /^stats link down since \d\d:\d\d:\d\d, how many events wait is not known \(nothing/,
  );
  const before = { producer: { state: "live", pending: 3 } };
  assert.match(textOf(away({}, before), "link"), /, 3 events waiting when last heard/);
  const executor = { status: "running", pending: 12, successful: 4, planned: 9 };
  const text = textOf(away({}, { ...before, executor }), "link");
  assert.match(text, /, 12 events waiting \(.*The executor says: running, 4 of 9 calls ok\.$/);
  assert.match(textOf(away({}, { executor: { failed: "no answer" } }), "link"), /cannot be asked either: no answer/);
});

test("a gap is told with its bounds", () => {
  const gap = { type: "gap", run_id: "r", requested: "e-9", oldest: "f-1", newest: "f-2", reason: "other_epoch" };
  assert.match(textOf(after(HELLO, gap), "gap"), /^Gap: .*after e-9 \(other epoch\); the page shows all from f-1\.$/);
});

test("events that are missing, and a service that cannot store, are errors", () => {
  const state = after(HELLO, { ...STATUS, unaccounted: 1, storage: "no space left" });
  assert.match(textOf(state, "unaccounted"), /^1 event is missing: /);
  assert.match(textOf(state, "store"), /^telemetry cannot store events: no space left/);
  assert.deepEqual(ids(after(HELLO, { ...STATUS, unaccounted: 0, storage: "ok" })), []);
  assert.deepEqual(ids(after(HELLO, { ...STATUS, unaccounted: null, storage: null })), []);
});

test("what a crash cost is labelled", () => {
  const died = { kind: "worker_died", count: 3 };
  const crashed = { errors: [died], unpriced_attempts: 2, uncertain_attempts: 3, lost_calls: 1 };
  const state = after(HELLO, stats(crashed));
  assert.deepEqual(ids(state), ["lost-calls", "lost-attempts", "uncertain"]);
  assert.match(textOf(state, "lost-attempts"), /^3 attempts lost with their process, cost counted as unknown/);
  assert.match(
    textOf(after(HELLO, stats({ ...crashed, unpriced_attempts: 0 })), "lost-attempts"),
    /counted in the sum/,
  );
});

test("refused events are told with their reasons and where to see them", () => {
  const refused = {
    count: 2,
    rejected: [{ reason: "invalid-event" }, { reason: "too-large" }, { reason: "too-large" }],
  };
  const state = withRefused(after(HELLO, { ...STATUS, rejected: 3 }), refused);
  const [told] = notices(state, NOW, { links: { rejected: "http://t/runs/r/rejected" } });
  assert.equal(told.text, "3 events refused by the service: invalid-event, too-large.");
  assert.equal(told.link.href, "http://t/runs/r/rejected");
});

test("a run that stands still says why and how it goes on", () => {
  assert.match(
    textOf(after(HELLO, { ...STATUS, status: "paused", reason: "storage" }), "paused"),
    /paused \(storage\)/,
  );
  assert.match(textOf(after(HELLO, { ...STATUS, status: "interrupted" }), "interrupted"), /It can be resumed/);
  assert.deepEqual(ids(after(HELLO, stats(), { ...END, resumable: true })), ["resumable"]);
});

test("a message that cannot be taken in is counted, and the others are taken in", () => {
  const poison = { type: "ranking_changed", run_id: "r", seq: 3, epoch: "e", data: {} };
  Object.defineProperty(poison, "data", {
    get() {
      throw new Error("poison");
    },
  });
  const state = after(HELLO, single(2, "log"), poison, single(4, "log"), { type: "unreadable", detail: "x" });
  assert.deepEqual([state.log.length, state.unreadable.count], [2, 2]);
  assert.match(textOf(state, "unreadable"), /^2 messages could not be read: .*poison.*; x\.$/);
});

test("each single event is counted once, however often it comes", () => {
  const events = [single(1, "log"), single(2, "log")];
  assert.equal(withFrames(after(...events), [...events, single(3, "my.own")], 6_000).singles, 3);
});

test("the age is that of the newest event, not of the newest word", () => {
  const first = after(HELLO, stats());
  const later = withFrames(first, [{ type: "heartbeat", run_id: "r", time: "1970-01-01T00:00:08Z", seq: 4 }], 8_000);
  assert.deepEqual([later.lastEventAt, later.lastFrameAt], [5_000, 8_000]);
  const live = withConnection(later, { ...DOWN, state: "live", downSince: null });
  assert.equal(freshness(live, 9_000), "last event 4 s ago · heard 1 s ago");
  assert.equal(freshness({ ...live, eventTime: "1970-01-01T00:00:02Z" }, 9_000), "last event 7 s ago · heard 1 s ago");
});

test("a drain is told until the service is back; a receipt that failed is told", () => {
  const draining = after(HELLO, { type: "drain", run_id: null, reason: "stopping", retry_ms: 900 });
  assert.deepEqual(ids(draining), ["drain"]);
  assert.deepEqual(ids(withFrames(draining, [HELLO], 6_000)), []);
  assert.deepEqual(ids(withReceipt(after(HELLO), { ok: false, detail: "no answer" })), ["receipt"]);
});

test("a screen reader hears where the run stands", () => {
  assert.equal(
    spoken(after(HELLO, stats()), () => "running"),
    "Run running: 3 of 9 calls done, 1 failed, 1 in flight.",
  );
});
