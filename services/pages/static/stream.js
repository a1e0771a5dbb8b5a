// One stream, kept open: EventSource in; frames and the state of the connection out.
//
// EventSource says nothing of a connection that went silent, gives up for good on any answer but 200, tries again at
// one steady pace otherwise, and would come back after the end. So all of that is done here: heartbeats are watched, a
// new EventSource is opened from the same position after a pause that grows and is spread, and the end closes it.

import { backoffMs } from "./backoff.js";
import { parseFrame } from "./frames.js";

/** The heartbeat the page asks for: a dead link is seen within the service's own one (15 s). */
export const HEARTBEAT_S = 5;

const HELLO_SLOW_MS = 6_000;
const HELLO_LIMIT_MS = 12_000;
/**
 * After a loss a browser may try the connections it has kept, one after the other, and they may be as dead as the stream
 * was: it keeps six at most. So many tries are given up soon, and followed by the next without growing pauses.
 */
const QUICK_LIMIT_MS = 2_000;
const QUICK_TRIES = 6;

/** How long a silence may last before the link is called down. */
export const silenceLimitMs = (heartbeatS) => 1000 * (heartbeatS + Math.max(1.5, heartbeatS / 3));

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
 * Connection states told to `onConnection({state, since, downSince, retryAt, detail})`: connecting, slow (no hello yet),
 * live, reconnecting, paused, refused, ended. `downSince` is when the link was lost, until it is live again.
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
  #quickTries = 0;
  /** Why the last try failed, until one succeeds. */
  #why = "";
  #heartbeatS = HEARTBEAT_S;
  #heardAt = 0;
  #downSince = null;
  /** How long a service that goes away asked to be left alone. */
  #farewellMs = 0;
  #begun = false;
  #over = false;
  #state = "";
  /** Whether it waits for the time of the next try. */
  #resting = false;
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

  /** Time may have stood still (a laptop slept), or the network is back: look now instead of when a timer says so. */
  wake() {
    if (!this.#begun || this.#over) return;
    if (this.#state === "live") {
      if (this.#env.now() - this.#heardAt > silenceLimitMs(this.#heartbeatS)) this.#silent();
    } else if (this.#resting) {
      this.#connect();
    }
  }

  #connect() {
    this.#letGo();
    this.#tell(this.#failures || this.received ? "reconnecting" : "connecting", { detail: this.#why });
    const source = new this.#env.EventSource(this.#address(this.position));
    this.#source = source;
    source.onmessage = (message) => this.#take(source, message);
    source.onerror = () => this.#failed(source);
    if (this.received && this.#quickTries < QUICK_TRIES) {
      this.#quickTries += 1;
      this.#wait(QUICK_LIMIT_MS, () => this.#later("the service does not answer", backoffMs(1, this.#env.random)));
      return;
    }
    this.#wait(HELLO_SLOW_MS, () => {
      this.#tell("slow", { detail: this.#why });
      this.#wait(HELLO_LIMIT_MS - HELLO_SLOW_MS, () => this.#again("the service does not answer"));
    });
  }

  /** Let the connection go, to come back with `open()`. */
  pause() {
    if (this.#over) return;
    this.#begun = false;
    this.#letGo();
    this.#downSince = null;
    this.#tell("paused");
  }

  /** Let the connection go for good. */
  close(state = "ended", detail = "") {
    this.#letGo();
    this.#over = true;
    this.#downSince = null;
    this.#tell(state, { detail });
  }

  /** Ask anew after `ended` or `refused`: from the start, or from where it stands (`keep`). */
  reopen({ keep = false } = {}) {
    this.#letGo();
    this.#over = false;
    this.#begun = false;
    if (!keep) this.position = "";
    this.open();
  }

  #take(source, message) {
    if (source !== this.#source) return;
    this.received += 1;
    this.#heardAt = this.#env.now();
    if (message.lastEventId) this.position = message.lastEventId;
    const frame = parseFrame(message.data);
    if (frame.type === "hello") this.#greeted(frame);
    if (frame.type === "drain") this.#farewellMs = frame.retry_ms > 0 ? frame.retry_ms : 0;
    if (this.#state === "live") this.#wait(silenceLimitMs(this.#heartbeatS), () => this.#silent());
    this.#onFrame(frame);
  }

  #greeted(hello) {
    this.#failures = 0;
    this.#quickTries = 0;
    this.#why = "";
    this.#downSince = null;
    this.#farewellMs = 0;
    if (hello.heartbeat_s > 0) this.#heartbeatS = hello.heartbeat_s;
    this.#tell("live");
  }

  /** Nothing was heard for too long: the connection is dead, whatever the browser thinks of it. */
  #silent() {
    this.#downSince = this.#heardAt;
    this.#why = "nothing was heard";
    this.#connect();
  }

  #failed(source) {
    if (source !== this.#source) return;
    if (source.readyState !== CLOSED) {
      const cut = this.#failures ? "the service cannot be reached" : "the connection was cut";
      this.#again(this.#farewellMs ? "the service is being restarted" : cut, this.#farewellMs);
      return;
    }
    this.#letGo();
    this.#tell("reconnecting", { detail: this.#why });
    const life = this.#life;
    this.#askWhy().then((verdict) => {
      if (life !== this.#life) return;
      if (verdict.next === "refused") return this.close("refused", verdict.detail);
      // Who stands at the end is told nothing more there; who does not must not skip what is between.
      if (verdict.next === "ended" && [null, this.position].includes(verdict.position)) this.position = "";
      return this.#again(verdict.detail, verdict.waitMs);
    });
  }

  #again(detail, waitMs) {
    this.#failures += 1;
    this.#later(detail, Math.max(waitMs ?? 0, backoffMs(this.#failures, this.#env.random)));
  }

  #later(detail, pause) {
    this.#letGo();
    this.#why = detail || this.#why;
    this.#tell("reconnecting", { detail: this.#why, retryAt: this.#env.now() + pause });
    this.#resting = true;
    this.#wait(pause, () => this.#connect());
  }

  #letGo() {
    this.#life += 1;
    this.#resting = false;
    this.#source?.close();
    this.#source = null;
    this.#env.clearTimeout(this.#timer);
  }

  #wait(ms, then) {
    this.#env.clearTimeout(this.#timer);
    this.#timer = this.#env.setTimeout(then, ms);
  }

  #tell(state, { retryAt = null, detail = "" } = {}) {
    const now = this.#env.now();
    this.#state = state;
    if (state === "reconnecting") this.#downSince ??= now;
    this.#onConnection({ state, since: now, downSince: this.#downSince, retryAt, detail });
  }
}
