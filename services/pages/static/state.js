// What the page knows of one run: pure functions from a state and what came in to the next state.

import { isSingle, UNREADABLE } from "./frames.js";

/** Lines of the log that are kept; the whole log is one request away. */
export const LOG_LINES_KEPT = 500;
const UNREADABLE_KEPT = 3;

/** Nothing known yet. */
export const INITIAL = Object.freeze({
  connection: { state: "connecting", since: 0, downSince: null, retryAt: null, detail: "" },
  /** When the last frame came, and the last that brought something newer, by this page's clock. */
  lastFrameAt: null,
  lastEventAt: null,
  /** The time of the newest event, by the producer; null where the service does not say it. */
  eventTime: null,
  /** Milliseconds to add to this page's clock to get the service's; null before it is known. */
  clockOffsetMs: null,
  hello: null,
  /** The build of the service this page first spoke to. */
  firstBuild: null,
  /** Null until the service has said it. */
  status: null,
  reason: null,
  phase: null,
  producer: null,
  rejected: 0,
  /** Events the producer calls delivered and the service does not have; null where nobody has compared. */
  unaccounted: null,
  /** "ok", or why the service cannot store events now; null where it does not say. */
  storage: null,
  complete: null,
  stats: null,
  /** The seq the stats include, and the highest of the events that came one by one. */
  statsSeq: 0,
  singleSeq: 0,
  /** How many events came one by one, each counted once. */
  singles: 0,
  epoch: null,
  /** How often the single events were forgotten and began anew. */
  life: 0,
  scores: [],
  pairs: [],
  ranking: null,
  log: [],
  gap: null,
  drain: null,
  end: null,
  /** Messages that could not be read: how many, and what was wrong with the newest. */
  unreadable: { count: 0, details: [] },
  audit: null,
  receipt: null,
  /** What the executor says while the service cannot be heard: `{pending, status, done, planned}`, `{failed}` or null. */
  executor: null,
  /** The refused events as the service lists them: `{count, rejected}`, `{failed}` or null. */
  refused: null,
});

/** The state after these frames, which came at `at` (milliseconds of the page's clock). */
export function withFrames(state, frames, at) {
  const next = { ...state, lastFrameAt: at };
  // Copied once for a whole batch: a busy run brings hundreds of events at a time.
  const fresh = new Set();
  const newest = Math.max(state.statsSeq, state.singleSeq);
  for (const frame of frames) {
    try {
      if (isSingle(frame)) takeSingle(next, frame, fresh);
      else HANDLERS[frame.type](next, frame, at);
    } catch (error) {
      // One message that is not what it seems must not take the others with it.
      HANDLERS[UNREADABLE](next, {
        detail: `a message of type ${frame.type} could not be taken in (${error.message})`,
      });
    }
  }
  const newer = Math.max(next.statsSeq, next.singleSeq);
  // A log that begins anew brings lower numbers; an empty one (seq 0) brings nothing.
  if (newer > newest || (newer < newest && next.statsSeq > 0)) next.lastEventAt = at;
  return next;
}

/** The state with what the stream says of its connection. */
export const withConnection = (state, connection) => ({ ...state, connection });

/** The state with what the check of the whole log brought (audit.js). */
export const withAudit = (state, audit) => ({ ...state, audit });

/** The state with what became of the page's last receipt: `{ok, detail}`. */
export const withReceipt = (state, receipt) => ({ ...state, receipt });

/** The state with what the executor said while the service could not be heard, or null when it can be again. */
export const withExecutor = (state, executor) => ({ ...state, executor });

/** The state with the list of refused events. */
export const withRefused = (state, refused) => ({ ...state, refused });

/** The state of a run that goes on after its end. */
export const withReturn = (state) => ({ ...state, end: null, audit: null });

const HANDLERS = {
  hello(next, frame) {
    next.hello = frame;
    next.firstBuild ??= frame.build;
    next.status = frame.status ?? next.status;
    next.producer = frame.producer ?? null;
    next.drain = null;
    next.end = null;
  },
  status_update(
    next,
    { status, reason = null, phase = null, producer = null, rejected = 0, complete = null, ...more },
  ) {
    const { unaccounted = null, storage = null } = more;
    Object.assign(next, { status, reason, phase, producer, rejected, complete, unaccounted, storage });
  },
  fpf_stats_update(next, { seq, stats, time = null }) {
    next.stats = stats;
    next.statsSeq = seq;
    next.eventTime = time;
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
    const { count, details } = next.unreadable;
    const kept = details.filter((known) => known !== detail);
    next.unreadable = { count: count + 1, details: [...kept, detail].slice(-UNREADABLE_KEPT) };
  },
};

/** The frames that are taken in, by name. */
export const HANDLED_FRAMES = Object.keys(HANDLERS).filter((name) => name !== UNREADABLE);

function forget(next) {
  next.life += 1;
  Object.assign(next, { singleSeq: 0, singles: 0, epoch: null, scores: [], pairs: [], ranking: null, log: [] });
}

function takeSingle(next, event, fresh) {
  if (next.epoch !== null && event.epoch !== next.epoch) forget(next);
  next.epoch = event.epoch;
  // They come in ascending seq, and from the start again when a stream was opened without a position.
  if (event.seq <= next.singleSeq) return;
  next.singleSeq = event.seq;
  next.singles += 1;
  if (event.type === "score_recorded") own(next, "scores", fresh).push(event);
  if (event.type === "pair_judged") own(next, "pairs", fresh).push(event);
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
