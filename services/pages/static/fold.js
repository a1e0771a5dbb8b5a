// A run's events folded into its status and its stats: the rules of shared/fold, held to the same golden files.
// Blind to order and repetition: any permutation of the same events, with repeats, gives the same numbers.

import { CALLED_OFF, CallRecord, STATE_OF } from "./fold/calls.js";
import { ErrorList } from "./fold/errors.js";
import { Rate } from "./fold/rate.js";
import { Seen } from "./fold/seen.js";
import { rounded, Tally } from "./fold/tally.js";
import { parseTime } from "./fold/time.js";
import { FINAL, PHASES, STATUS_AFTER } from "./run-status.js";

const IN_FLIGHT_SHOWN = 20;
const ENDINGS = new Set(["call_succeeded", "call_failed", "call_cancelled", "call_lost"]);
const ATTEMPTS = ["attempt_started", "attempt_succeeded", "attempt_failed"];

/** All that is known of a run. `apply` takes stored events in any order, any number of times. */
export class RunFold {
  static #TAKEN = {
    ...each(Object.keys(STATE_OF), (fold, ...event) => fold.#moveCall(...event)),
    ...each(ATTEMPTS, (fold, ...event) => fold.#attempt(...event)),
    ...each([...Object.keys(STATUS_AFTER), "run_finished"], (fold, ...event) => fold.#moveRun(...event)),
    ...each(["phase_started", "phase_finished"], (fold, ...event) => fold.#markPhase(...event)),
    call_waiting: (fold, ...event) => fold.#wait(...event),
    alert: (fold, ...event) => fold.#alert(...event),
    client_report: (fold, ...event) => fold.#report(...event),
  };

  /** The types that move a number; the others are kept and shown one by one. */
  static TYPES = Object.keys(RunFold.#TAKEN);

  #seen = new Seen();
  #nowMs = null;
  #status = null;
  #planned = null;
  #ceiling = null;
  #budget = null;
  #phasePlan = new Map();
  #phaseMarks = new Map();
  #calls = new Map();
  #inFlight = new Set();
  #heldBack = new Set();
  #changed = new Set();
  #total = new Tally();
  #byPhase = new Map();
  #byModel = new Map();
  #errors = new ErrorList();
  #rate = new Rate();
  #alerts = new Map();
  #discarded = 0;

  /** The state of the run. */
  get status() {
    if (this.#status) return this.#status.value;
    return this.#nowMs === null ? "waiting" : "open";
  }

  /** Why the run is in this state, where the producer said so. */
  get reason() {
    return this.#status?.reason ?? null;
  }

  /** The first phase, in the order of a run, that has begun and not ended; null when the run is over. */
  get phase() {
    if (FINAL.has(this.status)) return null;
    return PHASES.find((name) => this.#phaseMarks.has(name) && isOpen(this.#phaseMarks.get(name))) ?? null;
  }

  /**
   * Take in one stored event `{seq, type, time, data}`; false when its seq has been taken in before.
   * Only fields the type has are read: what else is in `data` is somebody's own and may be anything.
   */
  apply({ seq, type, time, data }) {
    if (!this.#seen.add(seq)) return false;
    const ms = parseTime(time);
    if (this.#nowMs === null || ms > this.#nowMs) this.#nowMs = ms;
    if (!type.includes(".")) this.#take(seq, type, time, ms, data);
    return true;
  }

  #take(seq, type, time, ms, data) {
    if (Object.hasOwn(RunFold.#TAKEN, type)) RunFold.#TAKEN[type](this, seq, type, time, ms, data);
  }

  #attempt(seq, type, time, ms, data) {
    const call = this.#call(data.call_id);
    call.attempt(seq, type, data);
    this.#holdBack(call);
    const failed = type === "attempt_failed" && data.error.kind !== CALLED_OFF;
    if (failed) this.#errors.note(seq, data.call_id, time, ms, data.error, true);
  }

  #wait(seq, _type, _time, _ms, data) {
    const call = this.#call(data.call_id);
    call.wait(seq, data);
    this.#holdBack(call);
  }

  #alert(seq, _type, _time, _ms, data) {
    if (seq > (this.#alerts.get(data.alert_id)?.seq ?? 0)) this.#alerts.set(data.alert_id, { seq, data });
  }

  #report(_seq, _type, _time, _ms, { discarded }) {
    for (const { quantity } of discarded) this.#discarded += quantity;
  }

  #call(callId) {
    this.#changed.add(callId);
    let call = this.#calls.get(callId);
    if (!call) this.#calls.set(callId, (call = new CallRecord(callId)));
    return call;
  }

  #moveCall(seq, type, time, ms, data) {
    const call = this.#call(data.call_id);
    call.move(seq, type, time, ms, data);
    if (call.state === "in_flight") this.#inFlight.add(call);
    else this.#inFlight.delete(call);
    this.#holdBack(call);
    if (type === "call_started") this.#rate.began(ms);
    if (!ENDINGS.has(type)) return;
    if (type !== "call_cancelled" && data.attempts !== 0) this.#rate.ended(ms);
    const error = type === "call_succeeded" ? null : data.error;
    if (error && data.attempts === 0 && error.kind !== CALLED_OFF) {
      this.#errors.note(seq, call.callId, time, ms, error, false);
      call.unaskedErrors.set(error.kind, (call.unaskedErrors.get(error.kind) ?? 0) + 1);
    }
  }

  /** Keep in mind which queued calls have said what they wait for. */
  #holdBack(call) {
    if (call.state === "queued" && call.waits) this.#heldBack.add(call);
    else this.#heldBack.delete(call);
  }

  #moveRun(seq, type, _time, _ms, data) {
    const value = type === "run_finished" ? data.status : STATUS_AFTER[type];
    this.#status = newer(this.#status, { seq, value, reason: data.reason ?? null });
    if (type === "run_planned" || type === "run_resumed") {
      const { planned_calls: planned, max_requests_total: ceiling } = data;
      if (planned != null) this.#planned = newer(this.#planned, { seq, value: planned });
      if (ceiling != null) this.#ceiling = newer(this.#ceiling, { seq, value: ceiling });
      const limits = data.limits ?? {};
      if (Object.hasOwn(limits, "max_cost_usd")) {
        this.#budget = newer(this.#budget, { seq, value: dollars(limits.max_cost_usd) });
      }
    }
    if (type !== "run_planned") return;
    for (const { phase, planned_calls } of data.phases ?? []) this.#planPhase(seq, phase, planned_calls);
  }

  #planPhase(seq, phase, planned) {
    if (planned != null) this.#phasePlan.set(phase, newer(this.#phasePlan.get(phase), { seq, value: planned }));
  }

  #markPhase(seq, type, _time, _ms, data) {
    const mark = this.#phaseMarks.get(data.phase) ?? { began: 0, ended: 0 };
    this.#phaseMarks.set(data.phase, mark);
    const side = type === "phase_started" ? "began" : "ended";
    mark[side] = Math.max(mark[side], seq);
    this.#planPhase(seq, data.phase, data.planned_calls);
  }

  /** Count again the calls that changed since the last look. */
  #settle() {
    for (const callId of this.#changed) {
      const call = this.#calls.get(callId);
      if (call.counted) this.#count(call.counted, -1);
      call.counted = call.count();
      this.#count(call.counted, 1);
    }
    this.#changed.clear();
  }

  #count({ phase, provider, model, recovered, errors, unaskedErrors, share }, sign) {
    this.#total.add(share, sign);
    if (phase !== null) tallyOf(this.#byPhase, phase, { phase }).tally.add(share, sign);
    if (provider || model) {
      tallyOf(this.#byModel, JSON.stringify([provider, model]), { provider, model }).tally.add(share, sign);
    }
    for (const kind of new Set([...errors.keys(), ...unaskedErrors.keys()])) {
      const [requests, unasked] = [errors, unaskedErrors].map((found) => sign * (found.get(kind) ?? 0));
      this.#errors.count(kind, { requests, unasked, unrecovered: recovered ? 0 : sign });
    }
  }

  /** The numbers at the events taken in so far, by their public names. */
  stats() {
    this.#settle();
    const { duration_s, ...numbers } = this.#total.numbers();
    const oldest = oldestOf(this.#inFlight);
    const planned = this.#planned?.value ?? null;
    const rate = this.#nowMs === null ? null : this.#rate.perMinute(this.#nowMs);
    return {
      ...numbers,
      planned_calls: planned,
      max_requests_total: this.#ceiling?.value ?? null,
      max_cost_usd: this.#budget?.value ?? null,
      current_phase: this.phase,
      current_call: oldest.length ? (oldest[0].label ?? oldest[0].callId) : null,
      last_error: this.#lastError(),
      calls_per_minute: rate === null ? null : rounded(rate, 100),
      duration_s,
      eta_s: this.#etaS(numbers, planned, rate),
      by_phase: this.#phases(),
      by_model: this.#models(),
      in_flight_calls: oldest.map((call) => call.shown()),
      waiting_calls: oldestOf(this.#heldBack).map((call) => call.shown()),
      errors: this.#errors.shown(),
      alerts: [...this.#alerts.values()]
        .sort((a, b) => a.seq - b.seq)
        .map(({ data }) => data)
        .filter(({ state }) => state === "raised"),
      discarded: this.#discarded,
      violations: this.#violations(),
    };
  }

  #lastError() {
    const { newest } = this.#errors;
    if (newest === null) return null;
    const recovered = this.#calls.get(newest.callId).state === "successful_calls";
    const { kind, message = "" } = newest.error;
    return { kind, message, call_id: newest.callId, time: newest.time, recovered };
  }

  #etaS(numbers, planned, rate) {
    if (planned === null || !rate || FINAL.has(this.status)) return null;
    const done = numbers.total_calls - numbers.in_flight + numbers.not_started;
    return rounded((Math.max(0, planned - done) * 60) / rate, 10);
  }

  #phases() {
    const counted = (name) => (this.#byPhase.get(name)?.tally.calls ? this.#byPhase.get(name).tally : null);
    return PHASES.filter((name) => counted(name) || this.#phasePlan.has(name)).map((phase) => ({
      phase,
      planned_calls: this.#phasePlan.get(phase)?.value ?? null,
      ...(counted(phase) ?? new Tally()).numbers(),
    }));
  }

  #models() {
    return [...this.#byModel.values()]
      .filter(({ tally }) => tally.calls)
      .sort((a, b) => inOrder(a.provider ?? "", b.provider ?? "") || inOrder(a.model ?? "", b.model ?? ""))
      .map(({ provider, model, tally }) => ({ provider, model, ...tally.numbers() }));
  }

  /** Promises that do not hold. The sum of the states holds by construction; what a producer says may not. */
  #violations() {
    const { counts } = this.#total;
    const ended = FINAL.has(this.status);
    const requests = counts.attempts - counts.died_attempts;
    const broken = [];
    if (this.#ceiling && requests > this.#ceiling.value) {
      broken.push(`${requests} attempts, but the ceiling said before the start was ${this.#ceiling.value}`);
    }
    if (counts.open_attempts && ended) broken.push(`${counts.open_attempts} attempts never ended, but the run did`);
    if (counts.in_flight && ended) broken.push(`${counts.in_flight} calls still in flight, but the run has ended`);
    return broken;
  }
}

function each(types, take) {
  return Object.fromEntries([...types].map((type) => [type, take]));
}

const oldestOf = (calls) =>
  [...calls].sort((a, b) => a.sinceMs - b.sinceMs || a.stateSeq - b.stateSeq).slice(0, IN_FLIGHT_SHOWN);

/** A limit as it was given; limits are the producer's own, and may be anything. */
const dollars = (value) => (typeof value === "number" ? value : null);

const isOpen = ({ began, ended }) => began > ended;

const newer = (known, told) => (!known || told.seq > known.seq ? told : known);

function tallyOf(tallies, key, names) {
  if (!tallies.has(key)) tallies.set(key, { ...names, tally: new Tally() });
  return tallies.get(key);
}

/** By code points, as Python sorts; JavaScript's own order is by UTF-16 units and differs beyond U+FFFF. */
function inOrder(a, b) {
  const [left, right] = [Array.from(a), Array.from(b)];
  const at = left.findIndex((char, index) => char !== right[index]);
  if (at === -1) return left.length - right.length;
  return at >= right.length ? 1 : left[at].codePointAt(0) - right[at].codePointAt(0);
}
