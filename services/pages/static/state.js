// What the page knows of one run: pure functions from a state and what came in to the next state.

import { isSingle, UNREADABLE } from "./frames.js";

/** Lines of the log that are kept; the whole log is one request away. */
export const LOG_LINES_KEPT = 500;

/** Nothing known yet. */
export const INITIAL = Object.freeze({
  connection: { state: "connecting", since: 0, retryAt: null, detail: "" },
  lastFrameAt: null,
  /** Milliseconds to add to this page's clock to get the service's; null before it is known. */
  clockOffsetMs: null,
  hello: null,
  /** The build of the service this page first spoke to. */
  firstBuild: null,
  status: "waiting",
  reason: null,
  phase: null,
  producer: null,
  rejected: 0,
  complete: null,
  stats: null,
  /** The seq the stats include, and the highest of the events that came one by one. */
  statsSeq: 0,
  singleSeq: 0,
  epoch: null,
  scores: [],
  pairs: 0,
  ranking: null,
  log: [],
  gap: null,
  drain: null,
  end: null,
  unreadable: [],
  audit: null,
  receipt: null,
});

/** The state after these frames, which came at `at` (milliseconds of the page's clock). */
export function withFrames(state, frames, at) {
  const next = { ...state, lastFrameAt: at };
  // Copied once for a whole batch: a busy run brings hundreds of events at a time.
  const fresh = new Set();
  for (const frame of frames) {
    if (isSingle(frame)) takeSingle(next, frame, fresh);
    else HANDLERS[frame.type]?.(next, frame, at);
  }
  return next;
}

/** The state with what the stream says of its connection. */
export const withConnection = (state, connection) => ({ ...state, connection });

/** The state with what the check of the whole log brought (audit.js). */
export const withAudit = (state, audit) => ({ ...state, audit });

/** The state with what became of the page's last receipt: `{ok, detail}`. */
export const withReceipt = (state, receipt) => ({ ...state, receipt });

const HANDLERS = {
  hello(next, frame) {
    next.hello = frame;
    next.firstBuild ??= frame.build;
    next.status = frame.status ?? next.status;
    next.producer = frame.producer ?? null;
    next.drain = null;
    next.end = null;
  },
  status_update(next, { status, reason = null, phase, producer, rejected = 0, complete }) {
    Object.assign(next, { status, reason, phase, producer, rejected, complete });
  },
  fpf_stats_update(next, { seq, stats }) {
    next.stats = stats;
    next.statsSeq = seq;
  },
  heartbeat(next, { time }, at) {
    const served = Date.parse(time);
    if (!Number.isNaN(served)) next.clockOffsetMs = served - at;
  },
  gap(next, frame) {
    next.gap = frame;
    forget(next);
  },
  drain(next, frame) {
    next.drain = frame;
  },
  end(next, frame) {
    next.end = frame;
    next.status = frame.status;
    next.complete = frame.complete;
    next.phase = null;
  },
  [UNREADABLE](next, { detail }) {
    next.unreadable = [...next.unreadable, detail].slice(-5);
  },
};

function forget(next) {
  Object.assign(next, { singleSeq: 0, epoch: null, scores: [], pairs: 0, ranking: null, log: [] });
}

function takeSingle(next, event, fresh) {
  if (next.epoch !== null && event.epoch !== next.epoch) forget(next);
  next.epoch = event.epoch;
  // They come in ascending seq, and from the start again when a stream was opened without a position.
  if (event.seq <= next.singleSeq) return;
  next.singleSeq = event.seq;
  if (event.type === "score_recorded") own(next, "scores", fresh).push(event);
  if (event.type === "pair_judged") next.pairs += 1;
  if (event.type === "ranking_changed") next.ranking = event.data;
  if (event.type === "score_recorded" || event.type === "ranking_changed") return;
  const log = own(next, "log", fresh);
  log.push(event);
  if (log.length > LOG_LINES_KEPT) log.splice(0, log.length - LOG_LINES_KEPT);
}

function own(next, name, fresh) {
  if (!fresh.has(next[name])) {
    next[name] = [...next[name]];
    fresh.add(next[name]);
  }
  return next[name];
}
