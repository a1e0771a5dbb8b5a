// Whether the producer has given up sending this run: what is shown is then how it stood, not how it stands. Pure.

import { FINAL } from "./run-status.js";

/** Whether no more events of a run come that is not over, by its producer's own word. */
export const hasStopped = ({ status, producer }) => Boolean(producer?.stopped) && !FINAL.has(status);

/** A text about the present, or about when the run was last heard of. */
export const asOf = (state, text) => (hasStopped(state) ? `${text} when last heard` : text);
