// The check after the end finds any difference between the log and what was shown, and says what it could not check.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { audit, compare } from "../../services/pages/static/audit.js";
import { digestOf } from "../../services/pages/static/digest.js";
import { answer } from "./fakes.mjs";

const golden = JSON.parse(readFileSync(new URL("../golden/fold/all_went_well.json", import.meta.url), "utf8"));
const LINES = golden.events.map((event) => JSON.stringify(event));

const shown = async () => ({
  end: { count: LINES.length, status: golden.status, digest: await digestOf(LINES) },
  stats: structuredClone(golden.stats),
  scores: golden.events.filter(({ type }) => type === "score_recorded"),
  pairs: [],
});

const found = async (change, lines = LINES) => {
  const page = await shown();
  change(page);
  return compare(lines, page);
};

test("a log that says what was shown is equal, key order aside", async () => {
  const told = await found((page) => {
    page.stats = Object.fromEntries(Object.entries(page.stats).reverse());
  });
  assert.deepEqual(
    [told.state, told.text],
    ["equal", `checked here: ${LINES.length} events, numbers and digest equal`],
  );
});

test("any other number, status, count, score or byte is a difference", async () => {
  const changes = [
    (page) => (page.stats.retries += 1),
    (page) => page.pairs.push({}),
    (page) => (page.stats.by_phase[0].cost_usd = null),
    (page) => delete page.stats.alerts,
    (page) => (page.stats = null),
    (page) => (page.end.status = "failed"),
    (page) => (page.end.count += 1),
    (page) => (page.end.digest = "00"),
    (page) => page.scores.pop(),
  ];
  for (const change of changes) {
    const told = await found(change);
    assert.equal(told.state, "different", String(change));
    assert.equal(told.differences.length, 1, String(change));
  }
});

test("a line that is missing, twice or unreadable is a difference", async () => {
  const cases = [LINES.slice(1), [LINES[0], ...LINES], ["{", ...LINES.slice(1)]];
  for (const lines of cases) assert.equal((await found(() => {}, lines)).state, "different");
});

test("a log that cannot be had is not checked, and that is said", async () => {
  const page = await shown();
  assert.equal((await audit("http://t", page, async () => answer(410, ""))).state, "impossible");
  assert.equal((await audit("http://t", page, async () => Promise.reject(new TypeError("x")))).state, "impossible");
  const whole = await audit("http://t", page, async () => answer(200, LINES.map((line) => `${line}\n`).join("")));
  assert.equal(whole.state, "equal");
});
