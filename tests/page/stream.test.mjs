// A stream stays open by itself, says when it cannot, and never comes back after the end.

import assert from "node:assert/strict";
import test from "node:test";

import { silenceLimitMs, Stream } from "../../services/pages/static/stream.js";
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
  clock.pass(24_000);
  assert.equal(state(), "reconnecting");
  clock.pass(1_000);
  assert.equal(sources.length, 2);
});

test("silence beyond the heartbeat is stale since the last frame; a frame makes it live again", () => {
  const { stream, clock, sources, told, state } = watched();
  stream.open();
  sources[0].say(HELLO);
  const heard = clock.now();
  clock.pass(silenceLimitMs(15) - 1);
  assert.equal(state(), "live");
  clock.pass(1);
  assert.deepEqual([state(), told.at(-1).since], ["stale", heard]);
  sources[0].say({ type: "heartbeat", run_id: "r", time: "2026-11-22T10:00:00Z", seq: 1 });
  assert.equal(state(), "live");
});

test("after a silence of one more heartbeat it opens a new connection at the same place", () => {
  const { stream, clock, sources } = watched();
  stream.open();
  sources[0].say(HELLO);
  sources[0].say({ type: "fpf_stats_update", run_id: "r", seq: 9, stats: {} }, "e-9");
  clock.pass(silenceLimitMs(15) + 15_000 + 500);
  assert.equal(sources.length, 2);
  assert.equal(sources[0].readyState, 2);
  assert.match(sources[1].url, /last_event_id=e-9/);
});

test("what the browser retries by itself is left to it", () => {
  const { stream, sources, state } = watched();
  stream.open();
  sources[0].say(HELLO);
  sources[0].fail(0);
  assert.deepEqual([state(), sources.length], ["reconnecting", 1]);
  sources[0].say(HELLO);
  assert.equal(state(), "live");
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
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
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

test("a run that ended meanwhile is asked for from the start", async () => {
  const { stream, clock, sources } = watched([{ next: "fresh", detail: "" }]);
  stream.open();
  sources[0].say(HELLO, "e-3");
  sources[0].fail(2);
  await settled();
  clock.pass(clock.due);
  assert.equal(sources[1].url, "http://t/live");
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
  for (const text of ["{", "5", '{"run_id": "r"}', '{"type": "fpf_statistics"}']) sources[0].say(text);
  assert.deepEqual(new Set(frames.map(({ type }) => type)), new Set(["unreadable"]));
  sources[0].say({ type: "my.own", run_id: "r" });
  assert.equal(frames.at(-1).type, "my.own");
});

test("why a stream was closed is read from the answer for the run", async () => {
  const because = async (...given) => askWhy("http://t/runs/r", async () => answer(...given));
  assert.deepEqual(await because(200, { status: "running" }), { next: "again", detail: "" });
  assert.deepEqual(await because(200, { status: "failed" }), { next: "fresh", detail: "" });
  assert.equal((await because(403, { detail: "not you" })).next, "refused");
  assert.equal((await because(410, { title: "gone" })).detail, "410 gone");
  assert.equal((await because(404, {})).next, "again");
  assert.equal((await because(502, {})).next, "again");
  assert.equal((await because(503, {}, { "Retry-After": "7" })).waitMs, 7_000);
  const unreachable = await askWhy("http://t/runs/r", async () => Promise.reject(new TypeError("no")));
  assert.deepEqual(unreachable, { next: "again", detail: "no answer from http://t" });
});
