// One run watched from the first frame to the check after the end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { digestOf } from "../../services/pages/static/digest.js";
import { RunWatch } from "../../services/pages/static/run-watch.js";
import { answer, fakeBrowser, HELLO, settled } from "./fakes.mjs";

const golden = JSON.parse(readFileSync(new URL("../golden/fold/all_went_well.json", import.meta.url), "utf8"));
const LINES = golden.events.map((event) => JSON.stringify(event));
const LIVE = "http://t/runs/a.b/live?event=message&heartbeat=5";
const POSITION = `e-${LINES.length}`;
const STATS = { type: "fpf_stats_update", run_id: "r", seq: LINES.length, stats: golden.stats };
const SCORES = golden.events.filter(({ type }) => type === "score_recorded");

const END = {
  type: "end",
  run_id: "r",
  status: golden.status,
  seq: LINES.length,
  count: LINES.length,
  digest: await digestOf(LINES),
  complete: true,
  resumable: false,
};

function watching({ receipts = 200 } = {}) {
  const { env, clock, sources } = fakeBrowser();
  const asked = [];
  const states = [];
  const fetch = async (address, { method = "GET", body } = {}) => {
    asked.push({ address, method, body: body && JSON.parse(body) });
    if (method === "POST") return answer(receipts, {});
    return address.includes("/events") ? answer(200, LINES.join("\n")) : answer(200, { status: "running" });
  };
  const watch = new RunWatch({ base: "http://t/", runId: "a.b", onChange: (state) => states.push(state), env, fetch });
  watch.resume();
  return { watch, clock, sources, asked, states };
}

/** Time passes while the service shows that it is there. */
function beating(clock, source, ms) {
  for (let passed = 0; passed < ms; passed += 5_000) {
    source.say({ type: "heartbeat", run_id: "r", time: "2026-11-22T10:00:00Z", seq: 1 });
    clock.pass(5_000);
  }
}

const checked = async (watch) => {
  while (watch.state.audit === null || watch.state.audit.state === "running") await settled();
};

test("the stream is asked for with everything on onmessage", () => {
  const { sources } = watching();
  assert.equal(sources[0].url, LIVE);
});

test("the first frames are shown at once, what comes at once together, then at most every 100 ms", () => {
  const { clock, sources, states } = watching();
  sources[0].say(HELLO);
  sources[0].say({ ...STATS, seq: 1 });
  clock.pass(0);
  const shown = states.length;
  assert.equal(states.at(-1).statsSeq, 1);
  for (let seq = 2; seq < 50; seq += 1) sources[0].say({ ...STATS, seq });
  clock.pass(99);
  assert.equal(states.length, shown);
  clock.pass(1);
  assert.deepEqual([states.length, states.at(-1).statsSeq], [shown + 1, 49]);
});

test("at the end the stream is closed, a receipt sent, the log checked", async () => {
  const { watch, clock, sources, asked } = watching();
  sources[0].say(HELLO);
  for (const score of SCORES) sources[0].say(score);
  sources[0].say(STATS, POSITION);
  sources[0].say(END, POSITION);
  assert.deepEqual([sources[0].readyState, watch.state.connection.state], [2, "ended"]);
  clock.pass(0);
  await checked(watch);
  assert.equal(watch.state.audit.state, "equal");
  const [receipt, log] = asked;
  assert.deepEqual(receipt, {
    address: "http://t/runs/a.b/receipts",
    method: "POST",
    body: { position: POSITION, received: SCORES.length, unreadable: 0, draw_faults: 0 },
  });
  assert.equal(log.address, "http://t/runs/a.b/events?poll=1");
  assert.deepEqual([clock.due, sources.length], [null, 1]);
});

test("a difference is found", async () => {
  const { watch, clock, sources } = watching();
  sources[0].say(HELLO);
  sources[0].say({ ...STATS, stats: { ...golden.stats, retries: 7 } });
  sources[0].say(END);
  clock.pass(0);
  await checked(watch);
  assert.equal(watch.state.audit.state, "different");
});

test("a long log is checked only when asked to; a deleted one never", async () => {
  for (const more of [{ count: 20_001 }, { status: "deleted" }]) {
    const { watch, clock, sources, asked } = watching();
    sources[0].say(HELLO);
    sources[0].say({ ...END, ...more });
    clock.pass(60_000);
    await settled();
    assert.equal(watch.state.audit, null);
    assert.deepEqual(
      asked.map(({ method }) => method),
      ["POST"],
    );
  }
});

test("while it is live a receipt goes out every 10 s; one that is not taken shows", async () => {
  const { watch, clock, sources, asked } = watching({ receipts: 500 });
  sources[0].say(HELLO, "e-4");
  beating(clock, sources[0], 10_000);
  sources[0].say(SCORES[0]);
  sources[0].say(SCORES[0]);
  sources[0].say("{");
  beating(clock, sources[0], 10_000);
  await settled();
  const told = { position: "e-4", draw_faults: 0 };
  assert.deepEqual(
    asked.map(({ body }) => body),
    [
      { ...told, received: 0, unreadable: 0 },
      { ...told, received: 1, unreadable: 1 },
    ],
  );
  assert.deepEqual(watch.state.receipt, { ok: false, detail: "answered with 500" });
});

const DOWN = { position: "e-4" };

/** A watch whose stream has been cut for good, with this said of the executor before. */
async function cutOff(executor, { attribute } = {}) {
  const { env, clock, sources } = fakeBrowser();
  const asked = [];
  const fetch = async (address, { method = "GET" } = {}) => {
    asked.push(`${method} ${address}`);
    if (address.startsWith("http://x/")) return answer(200, { status: "running", telemetry: { pending: 5 } });
    return answer(502, null);
  };
  const base = { base: "http://t/", runId: "a.b", onChange: () => {}, env, fetch };
  const watch = new RunWatch(attribute === undefined ? base : { ...base, executor: attribute });
  watch.resume();
  const producer = { state: "live", since: "", pending: 1, executor };
  sources[0].say({ ...HELLO, producer }, DOWN.position);
  sources[0].say({ type: "status_update", run_id: "r", status: "running", rejected: 0, producer });
  clock.pass(100);
  sources[0].fail(2);
  await settled();
  clock.pass(0);
  await settled();
  return { watch, clock, sources, asked };
}

test("while the stream is away the executor is asked how much waits, and not once it is back", async () => {
  const { watch, clock, sources, asked } = await cutOff("http://x");
  assert.deepEqual(watch.state.executor, {
    status: "running",
    pending: 5,
    successful: null,
    failedCalls: null,
    planned: null,
  });
  clock.pass(500);
  sources.at(-1).say(HELLO);
  assert.equal(watch.state.executor, null);
  const before = asked.filter((one) => one.includes("http://x/")).length;
  clock.pass(4_000);
  await settled();
  assert.equal(asked.filter((one) => one === "GET http://x/runs/a.b").length, before);
});

test("an executor that is none is not asked; one the page was told of is asked rather than the producer's word", async () => {
  for (const word of [undefined, null, "", "nonsense", "javascript:alert(1)", "http://"]) {
    const { watch, asked } = await cutOff(word);
    assert.equal(watch.state.executor, null);
    assert.deepEqual(asked, ["GET http://t/runs/a.b"]);
  }
  const { asked } = await cutOff("http://other", { attribute: "http://x/base/" });
  assert.ok(asked.includes("GET http://x/base/runs/a.b"));
});

test("asking again starts from nothing, at the start", async () => {
  const { watch, clock, sources } = watching();
  sources[0].say(HELLO);
  sources[0].say(STATS, POSITION);
  sources[0].say(END, POSITION);
  clock.pass(0);
  await checked(watch);
  watch.reopen();
  assert.equal(sources[1].url, LIVE);
  assert.deepEqual([watch.state.stats, watch.state.end, watch.state.audit], [null, null, null]);
});

test("a stopped watch leaves nothing behind and tells nothing more", async () => {
  const { watch, clock, sources, states } = watching();
  sources[0].say(HELLO);
  watch.stop();
  const told = states.length;
  assert.deepEqual([sources[0].readyState, clock.due], [2, null]);
  await settled();
  assert.equal(states.length, told);
});
