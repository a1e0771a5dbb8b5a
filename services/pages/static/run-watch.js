// One run watched: the stream, what is known, the receipts on the way and the check after the end. No drawing here.

import { runEvents, runJson, runLive } from "./addresses.js";
import { audit, AUDITED_AT_ONCE } from "./audit.js";
import { isSingle } from "./frames.js";
import { sendReceipt } from "./receipts.js";
import { INITIAL, withAudit, withConnection, withFrames, withReceipt } from "./state.js";
import { browser, Stream } from "./stream.js";
import { askWhy } from "./verdict.js";

const DRAW_EVERY_MS = 100;
const RECEIPT_EVERY_MS = 10_000;
/** From this many events on, the pages that watched spread their fetch of the log, because all see the end at once. */
const SPREAD_FROM_EVENTS = 2_000;
const SPREAD_MS = 5_000;

/** `onChange(state)` is called after every change: at once after silence, at most every 100 ms under load. */
export class RunWatch {
  state = INITIAL;
  #base;
  #runId;
  #onChange;
  #env;
  #fetch;
  #stream;
  #frames = [];
  #events = 0;
  #flushTimer = null;
  #flushedAt = 0;
  #receiptTimer = null;
  #auditTimer = null;
  #stopped = false;

  constructor({ base, runId, onChange, env = browser(), fetch = (...request) => globalThis.fetch(...request) }) {
    this.#base = base;
    this.#runId = runId;
    this.#onChange = onChange;
    this.#env = env;
    this.#fetch = fetch;
    this.#stream = new Stream({
      address: (position) =>
        runLive(base, runId, position ? { event: "message", last_event_id: position } : { event: "message" }),
      askWhy: () => askWhy(runJson(base, runId), fetch),
      onFrame: (frame) => this.#take(frame),
      onConnection: (connection) => this.#change(withConnection(this.state, connection)),
      env,
    });
  }

  /** The page's own account: where it stands, how many events came one by one, how many frames in all. */
  get account() {
    return { position: this.#stream.position, received: this.#events, frames: this.#stream.received };
  }

  /** Connect, or come back after `pause()`; a run that has ended stays as it is. */
  resume() {
    this.#stream.open();
    this.#armReceipt();
  }

  /** Let the connection go, to come back to the same place. */
  pause() {
    this.#stream.pause();
    this.#env.clearTimeout(this.#receiptTimer);
  }

  /** Let everything go, for good. */
  stop() {
    this.#stopped = true;
    this.#stream.close();
    for (const timer of [this.#flushTimer, this.#receiptTimer, this.#auditTimer]) this.#env.clearTimeout(timer);
  }

  /** Ask anew from the start, after the end or a refusal. */
  reopen() {
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

  #take(frame) {
    if (isSingle(frame)) this.#events += 1;
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
  }

  #ended({ count, status }) {
    this.#flush();
    this.#stream.close("ended");
    this.#env.clearTimeout(this.#receiptTimer);
    this.#sendReceipt();
    if (status === "deleted" || count > AUDITED_AT_ONCE) return;
    const pause = count > SPREAD_FROM_EVENTS ? this.#env.random() * SPREAD_MS : 0;
    this.#auditTimer = this.#env.setTimeout(() => this.check(), pause);
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
    const receipt = await sendReceipt(this.#base, this.#runId, this.account, this.#fetch);
    this.#change(withReceipt(this.state, receipt));
  }

  #change(state) {
    this.state = state;
    if (!this.#stopped) this.#onChange(state);
  }
}
