// One stream, kept open: EventSource in; frames and the state of the connection out.
//
// EventSource comes back by itself after a cut, with the id it has. What it does not do is done here: it gives up for
// good on any answer but 200 (so a new one is opened, after a spread pause, from the same position), it does not notice
// a connection that went silent (so heartbeats are watched), and it would come back after the end (so it is closed).

import { backoffMs } from "./backoff.js";
import { parseFrame } from "./frames.js";

const HELLO_SLOW_MS = 6_000;
const HELLO_LIMIT_MS = 30_000;
const DEFAULT_HEARTBEAT_S = 15;

/** How long a silence may last before the stream is called stale. */
export const silenceLimitMs = (heartbeatS) => 1000 * (heartbeatS + Math.max(1, heartbeatS / 3));

const CLOSED = 2;

/** The browser's own things a stream needs; tests bring others. */
export const browser = () => ({
  EventSource: globalThis.EventSource,
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (id) => clearTimeout(id),
  now: () => Date.now(),
  random: Math.random,
});

/**
 * Connection states told to `onConnection({state, since, retryAt, detail})`:
 * connecting, slow (no hello yet), live, stale, reconnecting, paused, refused, ended.
 */
export class Stream {
  /** The last id: the position everything up to which has arrived; "" before the first. */
  position = "";
  /** How many frames have come, heartbeats included. */
  received = 0;
  #address;
  #askWhy;
  #onFrame;
  #onConnection;
  #env;
  #source = null;
  #timer = null;
  #failures = 0;
  /** Why the last try failed, until one succeeds. */
  #why = "";
  #heartbeatS = DEFAULT_HEARTBEAT_S;
  #begun = false;
  #over = false;
  #state = "";
  #life = 0;

  /**
   * `address(position)` gives the URL to open; `askWhy()` a promise of what to do after a refusal (verdict.js).
   * `env` holds EventSource, setTimeout, clearTimeout, now and random.
   */
  constructor({ address, askWhy, onFrame, onConnection, env = browser() }) {
    this.#address = address;
    this.#askWhy = askWhy;
    this.#onFrame = onFrame;
    this.#onConnection = onConnection;
    this.#env = env;
  }

  /** Begin, or go on after a pause; where that has been done, or all is over, nothing. */
  open() {
    if (this.#begun || this.#over) return;
    this.#begun = true;
    this.#connect();
  }

  #connect() {
    this.#life += 1;
    this.#tell(this.#failures || this.received ? "reconnecting" : "connecting", { detail: this.#why });
    const source = new this.#env.EventSource(this.#address(this.position));
    this.#source = source;
    source.onmessage = (message) => this.#take(source, message);
    source.onerror = () => this.#failed(source);
    this.#wait(HELLO_SLOW_MS, () => {
      this.#tell("slow");
      this.#wait(HELLO_LIMIT_MS - HELLO_SLOW_MS, () => this.#again("no answer"));
    });
  }

  /** Let the connection go, to come back with `open()`. */
  pause() {
    if (this.#over) return;
    this.#begun = false;
    this.#letGo();
    this.#tell("paused");
  }

  /** Let the connection go for good. */
  close(state = "ended", detail = "") {
    this.#letGo();
    this.#over = true;
    this.#tell(state, { detail });
  }

  /** Ask anew after `ended` or `refused`; from the start, because the run may have been resumed or made again. */
  reopen() {
    this.#letGo();
    this.#over = false;
    this.#begun = false;
    this.position = "";
    this.open();
  }

  #take(source, message) {
    if (source !== this.#source) return;
    this.received += 1;
    if (message.lastEventId) this.position = message.lastEventId;
    const frame = parseFrame(message.data);
    if (frame.type === "hello") this.#greeted(frame);
    else if (this.#state === "stale") this.#tell("live");
    this.#watch();
    this.#onFrame(frame);
  }

  #greeted(hello) {
    this.#failures = 0;
    this.#why = "";
    if (hello.heartbeat_s > 0) this.#heartbeatS = hello.heartbeat_s;
    this.#tell("live");
  }

  #watch() {
    const heard = this.#env.now();
    this.#wait(silenceLimitMs(this.#heartbeatS), () => {
      this.#tell("stale", { since: heard });
      this.#wait(this.#heartbeatS * 1000, () => this.#again("nothing heard"));
    });
  }

  #failed(source) {
    if (source !== this.#source) return;
    if (source.readyState !== CLOSED) {
      this.#tell("reconnecting", { detail: this.#why });
      this.#wait(HELLO_LIMIT_MS, () => this.#again("no answer"));
      return;
    }
    this.#letGo();
    this.#tell("reconnecting", { detail: this.#why });
    const life = this.#life;
    this.#askWhy().then((verdict) => {
      if (life !== this.#life) return;
      if (verdict.next === "refused") return this.close("refused", verdict.detail);
      if (verdict.next === "fresh") this.position = "";
      return this.#again(verdict.detail, verdict.waitMs);
    });
  }

  #again(detail, waitMs) {
    this.#letGo();
    this.#failures += 1;
    this.#why = detail || this.#why;
    const pause = Math.max(waitMs ?? 0, backoffMs(this.#failures, this.#env.random));
    this.#tell("reconnecting", { detail: this.#why, retryAt: this.#env.now() + pause });
    this.#wait(pause, () => this.#connect());
  }

  #letGo() {
    this.#life += 1;
    this.#source?.close();
    this.#source = null;
    this.#env.clearTimeout(this.#timer);
  }

  #wait(ms, then) {
    this.#env.clearTimeout(this.#timer);
    this.#timer = this.#env.setTimeout(then, ms);
  }

  #tell(state, { since = this.#env.now(), retryAt = null, detail = "" } = {}) {
    this.#state = state;
    this.#onConnection({ state, since, retryAt, detail });
  }
}
