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
} from "../../services/pages/static/state.js";
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
  total_calls: 3,
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
const ids = (state, page) => notices(state, page).map(({ id }) => id);

test("the newest state wins; the state before is not changed", () => {
  const first = after(HELLO, stats());
  const second = withFrames(first, [stats({ total_calls: 4 }), { ...STATUS, status: "cancelling" }], 6_000);
  assert.deepEqual([first.stats.total_calls, second.stats.total_calls, second.status], [3, 4, "cancelling"]);
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

test("pairs are counted, the newest ranking is kept", () => {
  const state = after(
    single(1, "pair_judged", { winner: "a" }),
    single(2, "ranking_changed", { ranking: [1] }),
    single(3, "ranking_changed", { ranking: [2] }),
  );
  assert.deepEqual([state.pairs, state.ranking.ranking], [1, [2]]);
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
  const told = notices(state);
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
  const [told] = notices(after(HELLO, { ...STATUS, producer }));
  assert.equal(told.id, "producer");
  assert.match(told.text, /7 events waited/);
  assert.deepEqual(ids(after(HELLO, { ...STATUS, producer, status: "failed" })), []);
});

test("events that are late, refused or dropped, a full store, and alerts are told", () => {
  const producer = { state: "live", since: "", pending: 7, oldest_pending_s: 9, storage: "full" };
  const alerts = [{ alert_id: "a", state: "raised", kind: "retry_storm", severity: "error", message: "half" }];
  const told = ids(after(HELLO, { ...STATUS, producer, rejected: 2 }, stats({ alerts, discarded: 1 })));
  assert.deepEqual(told, ["alert-a", "storage", "discarded", "rejected", "pending"]);
});

test("the state of the connection is told where the numbers may be old", () => {
  const told = (connection) =>
    ids(withConnection(after(HELLO), { since: 1, retryAt: null, detail: "", ...connection }));
  assert.deepEqual(told({ state: "live" }), []);
  assert.deepEqual(told({ state: "stale" }), ["stale"]);
  assert.deepEqual(told({ state: "slow" }), ["slow"]);
  assert.deepEqual(told({ state: "reconnecting", detail: "502" }), ["reconnecting"]);
  assert.deepEqual(told({ state: "refused", detail: "403" }), ["refused"]);
});

test("a drain is told until the service is back; a receipt that failed is told", () => {
  const draining = after(HELLO, { type: "drain", run_id: null, reason: "stopping", retry_ms: 900 });
  assert.deepEqual(ids(draining), ["drain"]);
  assert.deepEqual(ids(withFrames(draining, [HELLO], 6_000)), []);
  assert.deepEqual(ids(withReceipt(after(HELLO), { ok: false, detail: "no answer" })), ["receipt"]);
});

test("a screen reader hears where the run stands", () => {
  assert.equal(
    spoken(after(stats()), () => "running"),
    "Run running: 2 of 9 calls done, 1 failed, 1 in flight.",
  );
});
