// A stream stays open by itself, says when it cannot, and never comes back after the end.

import assert from "node:assert/strict";
import test from "node:test";

import { HEARTBEAT_S, silenceLimitMs, Stream } from "../../services/pages/static/stream.js";
import { askWhy } from "../../services/pages/static/verdict.js";
import { answer, fakeBrowser, HELLO, settled } from "./fakes.mjs";

function watched(verdicts = []) {
  const { env, clock, sources } = fakeBrowser();
  const told = [];
  const frames = [];
  const stream = new Stream({
    address: (position) => `http://t/live${position && `?last_event_id=${position}`}`,
    askWhy: async () => verdicts.shift() ?? { next: "again", detail: "gone" },
    onFrame: (frame) => frames.push(frame),
    onConnection: (connection) => told.push(connection),
    env,
  });
  return { stream, clock, sources, told, frames, state: () => told.at(-1).state };
}

test("it is live with the first hello, not before", () => {
  const { stream, sources, state } = watched();
  stream.open();
  assert.equal(state(), "connecting");
  sources[0].say(HELLO);
  assert.equal(state(), "live");
});

test("opening it twice opens one connection, also while it waits to try again", async () => {
  const { stream, sources } = watched();
  stream.open();
  stream.open();
  assert.equal(sources.length, 1);
  sources[0].fail(2);
  stream.open();
  await settled();
  stream.open();
  assert.equal(sources.length, 1);
});

test("without an answer it says so, and tries again", () => {
  const { stream, clock, sources, state } = watched();
  stream.open();
  clock.pass(6_000);
  assert.equal(state(), "slow");
  clock.pass(6_000);
  assert.equal(state(), "reconnecting");
  clock.pass(500);
  assert.equal(sources.length, 2);
});

test("silence beyond the heartbeat is a link down since the last frame, and opens a new one at the same place", () => {
  const { stream, clock, sources, told, state } = watched();
  stream.open();
  sources[0].say(HELLO, "e-9");
  const heard = clock.now();
  clock.pass(silenceLimitMs(15) - 1);
  assert.equal(state(), "live");
  clock.pass(1);
  assert.deepEqual([state(), told.at(-1).downSince, told.at(-1).detail], ["reconnecting", heard, "nothing was heard"]);
  assert.deepEqual([sources.length, sources[0].readyState], [2, 2]);
  assert.match(sources[1].url, /last_event_id=e-9/);
  sources[0].onmessage?.({ data: JSON.stringify(HELLO), lastEventId: "e-10" });
  assert.deepEqual([state(), stream.position], ["reconnecting", "e-9"]);
  sources[1].say(HELLO);
  assert.deepEqual([state(), told.at(-1).downSince], ["live", null]);
});

test("after a loss the first tries are given up soon: the browser may have given them a dead connection", () => {
  const { stream, clock, sources } = watched();
  stream.open();
  sources[0].say(HELLO);
  clock.pass(silenceLimitMs(15));
  const patience = [];
  const pauses = [];
  for (let tries = 0; tries < 9; tries += 1) {
    const begun = clock.now();
    while (sources.at(-1).readyState !== 2) clock.pass(clock.due);
    patience.push(clock.now() - begun);
    pauses.push(clock.due);
    clock.pass(clock.due);
  }
  assert.deepEqual(patience, [...Array(6).fill(2_000), 12_000, 12_000, 12_000]);
  assert.deepEqual(pauses, [...Array(6).fill(500), 500, 1_000, 2_000]);
});

test("the page asks for a heartbeat that shows a dead link within the service's own one", () => {
  assert.ok(silenceLimitMs(HEARTBEAT_S) < 15_000);
});

test("heartbeats keep it live", () => {
  const { stream, clock, sources, state } = watched();
  stream.open();
  sources[0].say(HELLO);
  for (let beat = 0; beat < 10; beat += 1) {
    clock.pass(15_000);
    sources[0].say({ type: "heartbeat", run_id: "r", time: "2026-11-22T10:00:00Z", seq: 1 });
  }
  assert.deepEqual([state(), sources.length], ["live", 1]);
});

test("a cut is not left to the browser: a new connection after a spread pause, at the same place, later each time", () => {
  const { stream, clock, sources, told } = watched();
  stream.open();
  sources[0].say(HELLO, "e-3");
  const lost = clock.now();
  const pauses = [];
  for (let tries = 0; tries < 4; tries += 1) {
    sources.at(-1).fail(0);
    assert.equal(sources.at(-1).readyState, 2);
    pauses.push(clock.due);
    assert.equal(told.at(-1).downSince, lost);
    clock.pass(clock.due);
    assert.match(sources.at(-1).url, /last_event_id=e-3/);
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000]);
});

test("a service that goes away says when to come back, each page at its own time", () => {
  const { stream, clock, sources } = watched();
  stream.open();
  sources[0].say(HELLO);
  sources[0].say({ type: "drain", run_id: null, reason: "stopping", retry_ms: 3_700 });
  sources[0].fail(0);
  assert.equal(clock.due, 3_700);
});

test("a laptop that wakes up looks at once: at a silent connection, and at one it was waiting for", async () => {
  const { stream, clock, sources, told, state } = watched();
  stream.open();
  sources[0].say(HELLO, "e-5");
  const heard = clock.now();
  stream.wake();
  assert.equal(sources.length, 1);
  clock.sleep(3_600_000);
  stream.wake();
  assert.deepEqual([state(), told.at(-1).downSince, sources.length], ["reconnecting", heard, 2]);
  assert.match(sources[1].url, /last_event_id=e-5/);
  sources[1].fail(2);
  await settled();
  clock.sleep(3_600_000);
  stream.wake();
  assert.equal(sources.length, 3);
  stream.pause();
  stream.wake();
  stream.close();
  stream.wake();
  assert.equal(sources.length, 3);
});

test("what the browser gave up is asked for and opened again, later each time, at the same place", async () => {
  const { stream, clock, sources, told } = watched();
  stream.open();
  sources[0].say(HELLO, "e-3");
  const pauses = [];
  for (let tries = 0; tries < 8; tries += 1) {
    sources.at(-1).fail(2);
    await settled();
    pauses.push(clock.due);
    assert.equal(told.at(-1).retryAt, clock.now() + clock.due);
    clock.pass(clock.due);
    assert.match(sources.at(-1).url, /last_event_id=e-3/);
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 5000, 5000, 5000, 5000]);
  sources.at(-1).say(HELLO);
  sources.at(-1).fail(2);
  await settled();
  assert.equal(clock.due, 500);
});

test("a service that says how long to wait is given that long", async () => {
  const { stream, clock, sources } = watched([{ next: "again", detail: "503", waitMs: 9_000 }]);
  stream.open();
  sources[0].fail(2);
  await settled();
  assert.equal(clock.due, 9_000);
});

test("a run that ended meanwhile is asked for from the start only by who stands at its end", async () => {
  for (const [position, url] of [
    ["e-3", "http://t/live"],
    [null, "http://t/live"],
    ["e-9", "http://t/live?last_event_id=e-3"],
  ]) {
    const { stream, clock, sources } = watched([{ next: "ended", detail: "", position }]);
    stream.open();
    sources[0].say(HELLO, "e-3");
    sources[0].fail(2);
    await settled();
    clock.pass(clock.due);
    assert.equal(sources[1].url, url);
  }
});

test("a refusal is final and said; only asking again opens a connection", async () => {
  const { stream, clock, sources, told, state } = watched([{ next: "refused", detail: "403 not you" }]);
  stream.open();
  sources[0].fail(2);
  await settled();
  assert.deepEqual([state(), told.at(-1).detail, clock.due], ["refused", "403 not you", null]);
  stream.open();
  assert.equal(sources.length, 1);
  stream.reopen();
  assert.equal(sources.length, 2);
});

test("after the end nothing is open, nothing is awaited, and nothing opens by itself", () => {
  const { stream, clock, sources, state } = watched();
  stream.open();
  sources[0].say(HELLO);
  stream.close("ended");
  assert.deepEqual([state(), sources[0].readyState, clock.due], ["ended", 2, null]);
  stream.pause();
  stream.open();
  assert.deepEqual([state(), sources.length], ["ended", 1]);
});

test("a pause lets the connection go; it comes back to the same place, also out of a wait", async () => {
  const { stream, clock, sources, state } = watched();
  stream.open();
  sources[0].say(HELLO, "e-5");
  stream.pause();
  assert.deepEqual([state(), sources[0].readyState, clock.due], ["paused", 2, null]);
  stream.open();
  assert.match(sources[1].url, /last_event_id=e-5/);
  sources[1].fail(2);
  await settled();
  stream.pause();
  assert.equal(clock.due, null);
  stream.open();
  assert.equal(sources.length, 3);
});

test("an answer to why, or a frame, that comes after a pause changes nothing", async () => {
  const { stream, clock, sources, frames, state } = watched([{ next: "refused", detail: "late" }]);
  stream.open();
  sources[0].fail(2);
  stream.pause();
  await settled();
  assert.deepEqual([state(), clock.due], ["paused", null]);
  sources[0].onmessage({ data: JSON.stringify(HELLO), lastEventId: "" });
  assert.deepEqual([frames.length, stream.received], [0, 0]);
});

test("a frame that cannot be read is a frame that says so", () => {
  const { stream, sources, frames } = watched();
  stream.open();
  const poison = ["{", "5", "null", '{"run_id": "r"}', '{"type": "fpf_statistics"}', '{"type": "log", "data": {}}'];
  const hollow = [
    '{"type": "fpf_stats_update", "seq": 1}',
    '{"type": "status_update"}',
    '{"type": "end"}',
    '{"type": "hello"}',
  ];
  for (const text of [...poison, ...hollow]) sources[0].say(text);
  assert.equal(frames.length, 10);
  assert.deepEqual(new Set(frames.map(({ type }) => type)), new Set(["unreadable"]));
  sources[0].say({ type: "my.own", run_id: "r", seq: 1, data: null });
  assert.equal(frames.at(-1).type, "my.own");
});

test("why a stream was closed is read from the answer for the run", async () => {
  const because = async (...given) => askWhy("http://t/runs/r", async () => answer(...given));
  assert.deepEqual(await because(200, { status: "running" }), { next: "again", detail: "the stream was refused" });
  const ended = { next: "ended", detail: "", position: "e-7" };
  assert.deepEqual(await because(200, { status: "failed", position: "e-7" }), ended);
  assert.equal((await because(403, { detail: "not you" })).next, "refused");
  assert.equal((await because(403, null)).next, "again");
  assert.match((await because(200, null)).detail, /not the service's/);
  assert.equal((await because(410, { title: "gone" })).detail, "410 gone");
  assert.equal((await because(404, {})).next, "again");
  assert.equal((await because(502, {})).next, "again");
  assert.equal((await because(503, {}, { "Retry-After": "7" })).waitMs, 7_000);
  const unreachable = await askWhy("http://t/runs/r", async () => Promise.reject(new TypeError("no")));
  assert.deepEqual(unreachable, { next: "again", detail: "no answer from http://t" });
});
