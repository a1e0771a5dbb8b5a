// Numbers as people read them. Unknown is a word or a dash, never 0.

/** What stands where nothing is known. */
export const UNKNOWN = "–";

const whole = new Intl.NumberFormat("en-US");
const upToOne = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const upToTwo = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** 1234567 → "1,234,567". */
export const count = (value) => (value == null ? UNKNOWN : whole.format(value));

/** A rate: 467.43 → "467", 32.31 → "32.3", 2.5 → "2.5". */
export const rate = (value) => (value == null ? UNKNOWN : upToOne.format(value >= 100 ? Math.round(value) : value));

/** 1234567 → "1.23M", for places where the exact number stands beside it. */
export function short(value) {
  if (value == null) return UNKNOWN;
  if (value < 10_000) return whole.format(value);
  return value < 1e6 ? `${upToTwo.format(value / 1e3)}k` : `${upToTwo.format(value / 1e6)}M`;
}

/** Dollars: small amounts keep their digits, unknown is said. */
export function money(usd) {
  if (usd == null) return "unknown";
  if (usd === 0) return "$0";
  if (usd < 0.000001) return "< $0.000001";
  const digits = usd >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits)}`;
}

/** Seconds as one clear duration: "0.35 s", "12 s", "3 min 20 s", "2 h 05 min". */
/** A percentile: durations are counted in buckets, and this is the upper bound of one. */
export const atMost = (seconds) => (seconds == null ? UNKNOWN : `≤ ${duration(seconds)}`);

export function duration(seconds) {
  if (seconds == null) return UNKNOWN;
  if (seconds < 0.1) return `${upToTwo.format(seconds * 1000)} ms`;
  if (seconds < 10) return `${upToTwo.format(seconds)} s`;
  const all = Math.round(seconds);
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min ${String(all % 60).padStart(2, "0")} s`;
  return `${Math.floor(all / 3600)} h ${String(Math.floor((all % 3600) / 60)).padStart(2, "0")} min`;
}

/** Whole seconds that have gone by, never below 0: clocks differ. */
export const age = (ms) => (ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : duration(ms / 1000));

/** The time of day of an event, by the reader's clock: "10:00:05". */
export function clock(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? UNKNOWN : at.toLocaleTimeString("en-GB", { hour12: false });
}

/** Day and time of an event, by the reader's clock: "22 Nov, 10:00". */
export function day(time) {
  const at = new Date(time);
  const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false };
  return Number.isNaN(at.getTime()) ? UNKNOWN : at.toLocaleString("en-GB", parts);
}

/** "3 calls", "1 call". */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** A share as whole per cent; what is not all is never shown as 100. */
export function percent(part, all) {
  if (!all) return UNKNOWN;
  return `${part >= all ? 100 : Math.min(99, Math.floor((100 * part) / all))} %`;
}

const PHASE_LABELS = {
  generation: "generation",
  single_eval: "single evaluation",
  pairwise_eval: "pairwise evaluation",
  combine: "combination",
  post_combine_eval: "evaluation after combination",
};

/** The name of a phase for people. */
export const phaseLabel = (phase) => PHASE_LABELS[phase] ?? phase ?? UNKNOWN;

const STATUS_LABELS = {
  waiting: "waiting for the first event",
  open: "open",
  planned: "planned",
  running: "running",
  paused: "paused",
  cancelling: "cancelling",
  interrupted: "interrupted",
  completed: "completed",
  completed_with_errors: "completed with errors",
  failed: "failed",
  cancelled: "cancelled",
  deleted: "deleted",
};

/** The name of a status for people. */
export const statusLabel = (status) => STATUS_LABELS[status] ?? status ?? UNKNOWN;

/** "openai · gpt-5-mini": who is asked. */
export const modelLabel = ({ provider, model }) => [provider, model].filter(Boolean).join(" · ") || UNKNOWN;
