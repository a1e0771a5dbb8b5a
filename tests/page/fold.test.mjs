// The page's fold gives the numbers of shared/fold: on the golden logs, in any order, however often repeated.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { digestOf } from "../../services/pages/static/digest.js";
import { parseTime } from "../../services/pages/static/fold/time.js";
import { RunFold } from "../../services/pages/static/fold.js";
import { seededRandom, shuffled } from "./chance.mjs";

const FOLDER = new URL("../golden/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
const GOLDEN = readdirSync(new URL("fold/", FOLDER)).map((name) => read(`fold/${name}`));

function seenAs(events, look = () => false) {
  const fold = new RunFold();
  for (const event of events) {
    fold.apply(event);
    if (look()) fold.stats();
  }
  return { status: fold.status, reason: fold.reason, stats: fold.stats() };
}

for (const { name, events, ...expected } of GOLDEN) {
  test(`${name}: the page's numbers are the golden ones`, () => {
    assert.deepStrictEqual(seenAs(events), expected);
    assert.deepStrictEqual(Object.keys(seenAs(events).stats), Object.keys(expected.stats));
  });

  test(`${name}: order, repetition and looking change nothing`, () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const chance = seededRandom(seed);
      const mixed = shuffled([...events, ...events], chance);
      assert.deepStrictEqual(
        seenAs(mixed, () => chance() < 0.1),
        expected,
        `seed ${seed}`,
      );
    }
  });
}

test("a repeat is recognised", () => {
  const fold = new RunFold();
  const event = { seq: 1, type: "run_started", time: "2026-11-22T10:00:00.000Z", data: {} };
  assert.equal(fold.apply(event), true);
  assert.equal(fold.apply(event), false);
});

test("a time is cut off to milliseconds, its offset taken away; what is no time is null", () => {
  assert.equal(parseTime("2026-11-22T10:00:00.1239Z"), parseTime("2026-11-22T12:00:00.123+02:00"));
  assert.equal(parseTime("1969-12-31T23:59:59.9999Z"), -1);
  assert.equal(parseTime("2026-11-22T10:00:00"), null);
});

test("the digest of the golden lines is the golden digest, at every line", async () => {
  const { lines, digests } = read("digest.json");
  for (let count = 0; count <= lines.length; count += 1) {
    assert.equal(await digestOf(lines.slice(0, count)), digests[count]);
  }
});
