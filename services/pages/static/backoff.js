// How long to wait before the next try: doubled each time up to a limit, and spread so that pages do not come together.

const FIRST_MS = 1000;
/** Who watches a run should not sit before old numbers for long once the service is back. */
const LIMIT_MS = 10_000;

/** Milliseconds to wait after this many failures in a row (1, 2, ...): between half and all of the doubled time. */
export function backoffMs(failures, random) {
  const whole = Math.min(LIMIT_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(whole * (0.5 + random() / 2));
}
