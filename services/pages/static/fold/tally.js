// Counters that can be added up and taken apart again: one set for a run, and one for each phase and model.

import { percentile } from "./durations.js";

const NANO_PER_USD = 1_000_000_000;

const NAMES = [
  "in_flight",
  "successful_calls",
  "failed_calls",
  "cancelled_calls",
  "lost_calls",
  "queued",
  "not_started",
  "attempts",
  "tried_calls",
  "open_attempts",
  "failed_attempts",
  "unsent_attempts",
  "uncertain_attempts",
  "died_attempts",
  "input_tokens",
  "input_known",
  "output_tokens",
  "output_known",
  "cost_nano",
  "priced",
  "unpriced_attempts",
];

/** Dollars as whole nano-dollars, halves up. */
export const nanoUsd = (costUsd) => Math.trunc(costUsd * NANO_PER_USD + 0.5);

/** The value rounded half up to 1/scale. */
export const rounded = (value, scale) => Math.trunc(value * scale + 0.5) / scale;

const zeros = () => Object.fromEntries(NAMES.map((name) => [name, 0]));

/** What one call adds: a count for each name, and a duration bucket for each attempt that succeeded. */
export class Share {
  counts = zeros();
  buckets = new Map();
}

/** A sum of shares. */
export class Tally {
  calls = 0;
  counts = zeros();
  buckets = new Map();

  /** Add a share (`sign` 1) or take it away again (-1). */
  add(share, sign) {
    this.calls += sign;
    for (const name of NAMES) this.counts[name] += sign * share.counts[name];
    for (const [index, count] of share.buckets) {
      this.buckets.set(index, (this.buckets.get(index) ?? 0) + sign * count);
    }
  }

  /** The counters by their public names; unknown is null, never 0. */
  numbers() {
    const count = this.counts;
    const ended = count.successful_calls + count.failed_calls + count.cancelled_calls + count.lost_calls;
    const unmeasured = count.attempts - count.open_attempts - count.unsent_attempts;
    const known = (total, measured) => (measured === 0 && unmeasured > 0 ? null : total);
    return {
      total_calls: ended + count.in_flight,
      successful_calls: count.successful_calls,
      failed_calls: count.failed_calls,
      retries: count.attempts - count.tried_calls,
      queued: count.queued,
      in_flight: count.in_flight,
      cancelled_calls: count.cancelled_calls,
      lost_calls: count.lost_calls,
      not_started: count.not_started,
      attempts: count.attempts,
      failed_attempts: count.failed_attempts,
      unsent_attempts: count.unsent_attempts,
      uncertain_attempts: count.uncertain_attempts,
      input_tokens: known(count.input_tokens, count.input_known),
      output_tokens: known(count.output_tokens, count.output_known),
      cost_usd: known(count.cost_nano / NANO_PER_USD, count.priced),
      unpriced_attempts: count.unpriced_attempts,
      duration_s: { p50: percentile(this.buckets, 0.5), p95: percentile(this.buckets, 0.95) },
    };
  }
}
