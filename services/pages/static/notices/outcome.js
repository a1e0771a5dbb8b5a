// How a run that is over came out, where it did not go well: what is missing, and what kept it from being there.

import { count, plural, statusLabel } from "../format.js";
import { notice } from "./notice.js";
import { givenUp } from "../progress-words.js";

const TROUBLED = new Set(["completed_with_errors", "failed"]);
const KINDS_NAMED = 3;

/** What there is to say of the end. */
export function aboutOutcome({ status, reason, stats }) {
  if (!TROUBLED.has(status) || !stats) return [];
  const { failed_calls: failed, errors } = stats;
  const without = [failed ? `${plural(failed, "call")} failed` : null, givenUp(stats) || null].filter(Boolean);
  const kinds = (Array.isArray(errors) ? errors : []).toSorted((a, b) => b.count - a.count).slice(0, KINDS_NAMED);
  const causes = kinds.map(({ kind, count: times, message }) => {
    const said = message ? ` (${message})` : "";
    return `${kind.replaceAll("_", " ")} × ${count(times)}${said}`;
  });
  if (!without.length && !causes.length) return [];
  const why = reason ? ` (${reason})` : "";
  const what = without.length ? `: ${without.join(", ")}` : "";
  const because = causes.length ? `. Why: ${causes.join("; ")}` : "";
  return [
    notice(status === "failed" ? "error" : "warning", "outcome", `This run ${words(status)}${why}${what}${because}.`),
  ];
}

const words = (status) => (status === "failed" ? "failed" : `is ${statusLabel(status)}`);
