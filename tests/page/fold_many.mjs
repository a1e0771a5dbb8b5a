// Folds many logs: `node fold_many.mjs FILE`, one JSON line `{name, events, status, reason, stats}` each.
// Prints how many agree; the first that does not is an error with the difference.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { RunFold } from "../../services/pages/static/fold.js";

const lines = readFileSync(process.argv[2], "utf8").trimEnd().split("\n");
for (const line of lines) {
  const { name, events, ...expected } = JSON.parse(line);
  const fold = new RunFold();
  for (const event of events) fold.apply(event);
  assert.deepStrictEqual({ status: fold.status, reason: fold.reason, stats: fold.stats() }, expected, name);
}
console.log(`${lines.length} logs agree`);
