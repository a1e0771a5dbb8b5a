// The check after the end: fetch the whole log, fold it here, and compare with what was shown.

import { canDigest, digestOf } from "./digest.js";
import { RunFold } from "./fold.js";

/** A longer log is checked only when asked to: it is fetched whole. */
export const AUDITED_AT_ONCE = 20_000;

const FETCH_LIMIT_MS = 60_000;

/**
 * What was found: `{state, text, differences}`, `state` being `equal`, `different` or `impossible` (with the reason).
 * `shown` is the page's state after `end`: its last stats, scores, and what `end` said.
 */
export async function audit(address, shown, fetch) {
  let text;
  try {
    const response = await fetch(address, {
      headers: { Accept: "application/x-ndjson" },
      signal: AbortSignal.timeout(FETCH_LIMIT_MS),
    });
    if (!response.ok) return impossible(`the log was answered with ${response.status}`);
    text = await response.text();
  } catch (error) {
    return impossible(`the log could not be fetched (${error.name})`);
  }
  return compare(text.split("\n").filter(Boolean), shown);
}

/** The same for lines already fetched. */
export async function compare(lines, { end, stats, scores, pairs }) {
  const { fold, events, scored, paired, broken } = foldLines(lines);
  const differences = [...broken];
  if (events !== end.count) differences.push(`the log has ${events} events, the stream said ${end.count}`);
  if (scored !== scores.length) differences.push(`the log has ${scored} scores, this page was sent ${scores.length}`);
  if (paired !== pairs.length) differences.push(`the log has ${paired} pairs, this page was sent ${pairs.length}`);
  if (fold.status !== end.status) differences.push(`the status is ${fold.status} here, ${end.status} there`);
  differences.push(...differing(fold.stats(), stats));
  const digested = canDigest();
  if (digested && (await digestOf(lines)) !== end.digest) differences.push("the digest of the log differs");
  if (differences.length) return { state: "different", text: "checked here: it does not add up", differences };
  const what = digested ? "numbers and digest equal" : "numbers equal; no digest: this page is not on https";
  return { state: "equal", text: `checked here: ${events} events, ${what}`, differences };
}

function foldLines(lines) {
  const fold = new RunFold();
  const broken = [];
  let scored = 0;
  let paired = 0;
  lines.forEach((line, index) => {
    let event;
    try {
      event = JSON.parse(line);
    } catch {
      broken.push(`line ${index + 1} of the log is no JSON`);
      return;
    }
    if (event.seq !== index + 1) broken.push(`line ${index + 1} of the log has seq ${event.seq}`);
    if (event.type === "score_recorded") scored += 1;
    if (event.type === "pair_judged") paired += 1;
    fold.apply(event);
  });
  return { fold, events: lines.length, scored, paired, broken: broken.slice(0, 3) };
}

/** The names under which two stats differ, with both values. */
export function differing(here, there) {
  if (there === null) return ["no stats came with the stream"];
  return Object.keys({ ...here, ...there })
    .filter((name) => spelled(here[name]) !== spelled(there[name]))
    .map((name) => `${name} is ${shortened(here[name])} here, ${shortened(there[name])} there`);
}

const spelled = (value) =>
  JSON.stringify(value, (_, inner) => (isObject(inner) ? sortedByKey(inner) : inner)) ?? "missing";

const shortened = (value) => (spelled(value).length > 120 ? `${spelled(value).slice(0, 120)}…` : spelled(value));

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

const sortedByKey = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

const impossible = (text) => ({ state: "impossible", text: `not checked here: ${text}`, differences: [] });
