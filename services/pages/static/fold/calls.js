// What is known of one call and its attempts, and what it adds to the numbers.

import { bucket } from "./durations.js";
import { nanoUsd, Share } from "./tally.js";

/** The events that change a call's state; the one with the highest seq has it. */
/** The kind of an attempt somebody called off: it failed, but it is no error to show. */
export const CALLED_OFF = "cancelled";

export const STATE_OF = {
  call_queued: "queued",
  call_started: "in_flight",
  call_succeeded: "successful_calls",
  call_failed: "failed_calls",
  call_cancelled: "cancelled_calls",
  call_lost: "lost_calls",
};

const UNSUCCESSFUL = new Set(["failed_calls", "cancelled_calls", "lost_calls"]);
const NAMING = new Set(["call_queued", "call_started"]);
const NAMES = ["label", "phase", "provider", "model"];

/** One call: its state, its names, its attempts, what it waits for. */
export class CallRecord {
  state = null;
  stateSeq = 0;
  label = null;
  phase = null;
  provider = null;
  model = null;
  since = "";
  sinceMs = 0;
  endedAttempts = 0;
  unaskedErrors = new Map();
  attempts = new Map();
  newestAttemptSeq = 0;
  waitSeq = 0;
  waitsFor = null;
  until = null;
  reason = null;
  /** What it has been counted as, or null. */
  counted = null;
  #namedAt = { label: 0, phase: 0, provider: 0, model: 0 };

  constructor(callId) {
    this.callId = callId;
  }

  /** Take in an event that changes the state; an older one than the known says nothing new. */
  move(seq, type, time, timeMs, data) {
    if (NAMING.has(type)) {
      for (const name of NAMES) {
        if (data[name] && seq > this.#namedAt[name]) {
          this.#namedAt[name] = seq;
          this[name] = data[name];
        }
      }
    }
    if (seq > this.stateSeq) {
      this.stateSeq = seq;
      this.state = STATE_OF[type];
      this.since = time;
      this.sinceMs = timeMs;
      this.endedAttempts = NAMING.has(type) ? 0 : (data.attempts ?? 0);
    }
  }

  /** Take in what the call waits for. */
  wait(seq, data) {
    if (seq <= this.waitSeq) return;
    this.waitSeq = seq;
    this.waitsFor = data.waits_for;
    this.until = data.until ?? null;
    this.reason = data.reason ?? null;
  }

  /** Take in the start or the end of an attempt; its end is that of the event with the highest seq. */
  attempt(seq, type, data) {
    let attempt = this.attempts.get(data.attempt);
    if (!attempt) this.attempts.set(data.attempt, (attempt = { outcome: null, endSeq: 0, data: {} }));
    if (type === "attempt_started") {
      this.newestAttemptSeq = Math.max(this.newestAttemptSeq, seq);
    } else if (seq > attempt.endSeq) {
      attempt.endSeq = seq;
      attempt.outcome = type;
      attempt.data = data;
    }
  }

  /** Whether the newest known of it is that it waits for something. */
  get waits() {
    return this.waitSeq > Math.max(this.stateSeq, this.newestAttemptSeq);
  }

  /** The call as `in_flight_calls` and `waiting_calls` list it. */
  shown() {
    const waiting = this.waits;
    return {
      call_id: this.callId,
      label: this.label,
      provider: this.provider,
      model: this.model,
      phase: this.phase,
      attempt: this.attempts.size ? Math.max(...this.attempts.keys()) : null,
      since: this.since,
      waits_for: waiting ? this.waitsFor : null,
      until: waiting ? this.until : null,
      reason: waiting ? this.reason : null,
    };
  }

  /** What the call counts as now: `{phase, provider, model, recovered, errors, unaskedErrors, share}`. */
  count() {
    const share = new Share();
    const errors = new Map();
    const tried = this.attempts.size > 0 || this.endedAttempts > 0;
    if (UNSUCCESSFUL.has(this.state) && !tried) share.counts.not_started = 1;
    else if (this.state !== null) share.counts[this.state] = 1;
    share.counts.attempts = this.attempts.size;
    share.counts.tried_calls = this.attempts.size ? 1 : 0;
    for (const attempt of this.attempts.values()) addAttempt(share, errors, attempt);
    const { phase, provider, model } = this;
    const recovered = this.state === "successful_calls";
    return { phase, provider, model, recovered, errors, unaskedErrors: new Map(this.unaskedErrors), share };
  }
}

function addAttempt({ counts, buckets }, errors, { outcome, data }) {
  if (outcome === null) {
    counts.open_attempts += 1;
    return;
  }
  if (outcome === "attempt_failed") {
    const { kind } = data.error;
    const sent = data.sent === undefined ? "maybe" : data.sent;
    if (kind !== CALLED_OFF) errors.set(kind, (errors.get(kind) ?? 0) + 1);
    counts.failed_attempts += 1;
    counts.unsent_attempts += sent === "no" ? 1 : 0;
    counts.uncertain_attempts += sent === "maybe" ? 1 : 0;
    counts.died_attempts += kind === "worker_died" ? 1 : 0;
    if (sent === "no") return;
  } else if (data.duration_s != null) {
    const index = bucket(data.duration_s);
    buckets.set(index, (buckets.get(index) ?? 0) + 1);
  }
  measure(counts, "input_tokens", "input_known", data.input_tokens);
  measure(counts, "output_tokens", "output_known", data.output_tokens);
  measure(counts, "cost_nano", "priced", data.cost_usd == null ? null : nanoUsd(data.cost_usd));
  counts.unpriced_attempts += data.cost_usd == null ? 1 : 0;
}

function measure(counts, total, known, amount) {
  if (amount == null) return;
  counts[total] += amount;
  counts[known] += 1;
}
