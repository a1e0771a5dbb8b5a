// The answer in one line; where nothing is judged, why: at the end of a run nobody should have to look for it.

import { count, modelLabel } from "../../format.js";
import { FINAL } from "../../run-status.js";

/** The line of these results. Pure. */
export function answerWords({ answer, status, reason, errors }) {
  if (answer != null) return answer;
  const [most] = errors ?? [];
  const failed = most
    ? ` Most often (${count(most.attempts)} times, ${modelLabel(most)}): ${wordsOf(most)}.`
    : "";
  if (FINAL.has(status)) return `No judgement${reason ? ` (${reason})` : ""}.${failed}`;
  return `No judgement yet.${failed}`;
}

const wordsOf = ({ kind, message }) => [kind.replaceAll("_", " "), message].filter(Boolean).join(": ").replace(/\.$/, "");
