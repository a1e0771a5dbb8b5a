// One run watched: the stream, what is known, the receipts on the way and the check after the end. No drawing here.

import { executorRun, runEvents, runJson, runLive, runRejected } from "./addresses.js";
import { askFor, executorSays, Repeatedly } from "./asked-beyond.js";
import { audit, AUDITED_AT_ONCE } from "./audit.js";
import { sendReceipt } from "./receipts.js";
import {
  INITIAL,
  withAudit,
  withConnection,
  withExecutor,
  withFrames,
  withReceipt,
  withRefused,
  withReturn,
} from "./state.js";
import { browser, HEARTBEAT_S, Stream } from "./stream.js";
import { askWhy } from "./verdict.js";

const DRAW_EVERY_MS = 100;
const RECEIPT_EVERY_MS = 10_000;
const ASK_EXECUTOR_EVERY_MS = 2_000;
/** A run that has ended may be resumed: asked for seldom, and ever more seldom. */
const RETURN_FIRST_MS = 2_000;
const RETURN_LIMIT_MS = 30_000;
const REFUSED_PAUSE_MS = 1_000;
/** From this many events on, the pages that watched spread their fetch of the log, because all see the end at once. */
const SPREAD_FROM_EVENTS = 2_000;
const SPREAD_MS = 5_000;

/** `onChange(state)` is called after every change: at once after silence, at most every 100 ms under load. */
export class RunWatch {
  state = INITIAL;
  #base;
  #runId;
  #executor;
  #onChange;
  #env;
  #fetch;
  #stream;
  #frames = [];
  #flushTimer = null;
  #flushedAt = 0;
  #receiptTimer = null;
  #auditTimer = null;
  #refusedTimer = null;
  #refusedAsked = 0;
  #away;
  #return;
  #stopped = false;
  /** How often a part of the page could not be drawn; told with the receipts. */
  drawFaults = 0;

  /** `executor` is the executor's base address, if the page knows it; otherwise the producer's own word is used. */
  constructor({ base, runId, executor, onChange, env = browser(), fetch = (...asked) => globalThis.fetch(...asked) }) {
    this.#base = base;
    this.#runId = runId;
    this.#executor = executor ?? null;
    this.#onChange = onChange;
    this.#env = env;
    this.#fetch = fetch;
    this.#stream = new Stream({
      address: (position) => runLive(base, runId, query(position)),
      askWhy: () => askWhy(runJson(base, runId), fetch),
      onFrame: (frame) => this.#take(frame),
      onConnection: (connection) => this.#connected(connection),
      env,
    });
    this.#away = new Repeatedly({ ask: () => this.#askExecutor(), pauseMs: () => ASK_EXECUTOR_EVERY_MS, env });
    const pauseMs = (times) => Math.min(RETURN_LIMIT_MS, RETURN_FIRST_MS * 2 ** Math.min(times - 1, 8));
    this.#return = new Repeatedly({ ask: () => this.#askForReturn(), pauseMs, env });
  }

  /** The page's own account: where it stands, how many events came one by one, how many frames in all. */
  get account() {
    return { position: this.#stream.position, received: this.state.singles, frames: this.#stream.received };
  }

  /** Connect, or come back after `pause()`; what is thought to be open is looked at. A run that has ended stays so. */
  resume() {
    this.#stream.open();
    this.#stream.wake();
    this.#armReceipt();
    this.look();
  }

  /** Look at once whether a run that has ended goes on. */
  look() {
    if (!this.state.end?.resumable) return;
    this.#return.end();
    this.#return.begin();
  }

  /** Let the connection go, to come back to the same place. */
  pause() {
    if (this.state.connection.state === "live") this.#sendReceipt();
    this.#stream.pause();
    this.#away.end();
    this.#return.end();
    this.#env.clearTimeout(this.#receiptTimer);
  }

  /** Let everything go, for good. */
  stop() {
    this.#stopped = true;
    this.#stream.close();
    this.#away.end();
    this.#return.end();
    for (const timer of [this.#flushTimer, this.#receiptTimer, this.#auditTimer, this.#refusedTimer]) {
      this.#env.clearTimeout(timer);
    }
  }

  /** Ask anew from the start, after the end or a refusal. */
  reopen() {
    this.#return.end();
    this.#env.clearTimeout(this.#auditTimer);
    this.#frames = [];
    this.state = INITIAL;
    this.#stream.reopen();
    this.#armReceipt();
  }

  /** Fetch the whole log and compare it with what is shown. */
  async check() {
    const shown = this.state;
    const address = runEvents(this.#base, this.#runId, { poll: 1 });
    this.#change(withAudit(shown, { state: "running", text: "checking the whole log here …", differences: [] }));
    const found = await audit(address, shown, this.#fetch);
    if (this.state.end === shown.end) this.#change(withAudit(this.state, found));
  }

  #connected(connection) {
    this.#change(withConnection(this.state, connection));
    if (connection.state === "reconnecting" || connection.state === "slow") return this.#away.begin();
    this.#away.end();
    if (this.state.executor !== null && connection.state === "live") this.#change(withExecutor(this.state, null));
    return undefined;
  }

  async #askExecutor() {
    const base = this.#executor ?? this.state.producer?.executor ?? this.state.hello?.producer?.executor ?? "";
    if (!/^https?:/.test(base) || !URL.canParse(base)) return;
    const said = executorSays(await askFor(executorRun(base, this.#runId), this.#fetch));
    if (["reconnecting", "slow"].includes(this.state.connection.state)) this.#change(withExecutor(this.state, said));
  }

  #take(frame) {
    this.#frames.push(frame);
    if (frame.type === "end") return this.#ended(frame);
    if (this.#flushTimer === null) {
      const pause = Math.max(0, this.#flushedAt + DRAW_EVERY_MS - this.#env.now());
      this.#flushTimer = this.#env.setTimeout(() => this.#flush(), pause);
    }
    return undefined;
  }

  #flush() {
    this.#env.clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    this.#flushedAt = this.#env.now();
    const frames = this.#frames;
    this.#frames = [];
    this.#change(withFrames(this.state, frames, this.#flushedAt));
    this.#lookAtRefused();
  }

  #ended({ count, status, resumable }) {
    this.#flush();
    this.#stream.close("ended");
    this.#env.clearTimeout(this.#receiptTimer);
    this.#sendReceipt();
    if (resumable) this.#return.begin(RETURN_FIRST_MS);
    if (status === "deleted" || count > AUDITED_AT_ONCE) return;
    const pause = count > SPREAD_FROM_EVENTS ? this.#env.random() * SPREAD_MS : 0;
    this.#auditTimer = this.#env.setTimeout(() => this.check(), pause);
  }

  /** Whether a run that has ended has been resumed: its log is longer then, and the stream goes on where it stands. */
  async #askForReturn() {
    const { end } = this.state;
    const { body } = await askFor(runJson(this.#base, this.#runId), this.#fetch);
    if (end === null || this.state.end !== end || !(body?.last > end.seq)) return;
    this.#return.end();
    this.#env.clearTimeout(this.#auditTimer);
    this.#change(withReturn(this.state));
    this.#stream.reopen({ keep: true });
    this.#armReceipt();
  }

  #lookAtRefused() {
    const { rejected } = this.state;
    if (rejected === this.#refusedAsked || this.#refusedTimer !== null) return;
    this.#refusedTimer = this.#env.setTimeout(async () => {
      this.#refusedAsked = this.state.rejected;
      const { body, failed } = await askFor(runRejected(this.#base, this.#runId), this.#fetch);
      this.#refusedTimer = null;
      this.#change(withRefused(this.state, failed ? { failed } : body));
      this.#lookAtRefused();
    }, REFUSED_PAUSE_MS);
  }

  #armReceipt() {
    this.#env.clearTimeout(this.#receiptTimer);
    this.#receiptTimer = this.#env.setTimeout(() => {
      if (this.state.end !== null) return;
      if (this.state.connection.state === "live") this.#sendReceipt();
      this.#armReceipt();
    }, RECEIPT_EVERY_MS);
  }

  async #sendReceipt() {
    const told = { ...this.account, unreadable: this.state.unreadable.count, drawFaults: this.drawFaults };
    const receipt = await sendReceipt(this.#base, this.#runId, told, this.#fetch);
    this.#change(withReceipt(this.state, receipt));
  }

  #change(state) {
    this.state = state;
    if (!this.#stopped) this.#onChange(state);
  }
}

function query(position) {
  const asked = { event: "message", heartbeat: HEARTBEAT_S };
  return position ? { ...asked, last_event_id: position } : asked;
}
