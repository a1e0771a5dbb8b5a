// How far a run is, as counts: done is what was gone through, not what was given up.

import { count } from "./format.js";

/** Calls that were gone through: they have their answer, or every try failed. */
export const goneThrough = ({ successful_calls: ok, failed_calls: failed }) => ok + failed;

/** What ended without being gone through, in words: "3 cancelled, 2 lost, 6 not started"; empty where nothing did. */
export function givenUp({ cancelled_calls: cancelled, lost_calls: lost, not_started: unasked }) {
  const parts = [
    [cancelled, "cancelled"],
    [lost, "lost"],
    [unasked, "not started"],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${count(number)} ${word}`)
    .join(", ");
}
