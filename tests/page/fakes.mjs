// What a browser brings, for modules that run in node: an EventSource the test speaks through, a clock it moves.

/** Time that stands until the test lets it pass. */
export class FakeClock {
  #now = 1_000_000;
  #timers = [];
  #last = 0;

  now = () => this.#now;

  setTimeout = (run, ms) => {
    this.#last += 1;
    this.#timers.push({ id: this.#last, at: this.#now + ms, run });
    return this.#last;
  };

  clearTimeout = (id) => {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  };

  /** Let this much time pass; what is due runs, in order. */
  pass(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.clearTimeout(due.id);
      this.#now = due.at;
      due.run();
    }
    this.#now = end;
  }

  /** Time passes, but nothing runs: the machine sleeps. */
  sleep(ms) {
    this.#now += ms;
  }

  /** When the next timer is due, in milliseconds from now; null without one. */
  get due() {
    return this.#timers.length ? Math.min(...this.#timers.map(({ at }) => at)) - this.#now : null;
  }
}

/** A class like EventSource; `all` are those that were made. */
export function fakeEventSource() {
  const all = [];
  return class FakeEventSource {
    static all = all;
    readyState = 0;

    constructor(url) {
      this.url = url;
      all.push(this);
    }

    close() {
      this.readyState = 2;
    }

    say(frame, lastEventId = "") {
      this.readyState = 1;
      this.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame), lastEventId });
    }

    fail(readyState) {
      this.readyState = readyState;
      this.onerror();
    }
  };
}

/** The environment of a stream: `{env, clock, sources}`. */
export function fakeBrowser() {
  const clock = new FakeClock();
  const source = fakeEventSource();
  const env = {
    EventSource: source,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    now: clock.now,
    random: () => 0,
  };
  return { env, clock, sources: source.all };
}

/** An answer like fetch's. */
export const answer = (status, body, headers = {}) => ({
  ok: status >= 200 && status < 300,
  status,
  statusText: "",
  headers: new Headers(headers),
  json: async () => {
    if (body === null) throw new SyntaxError("no JSON");
    return body;
  },
  text: async () => body,
});

/** Let everything that was promised happen. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export const HELLO = {
  type: "hello",
  run_id: "r",
  contract: "1",
  build: "b1",
  status: "running",
  seq: 0,
  heartbeat_s: 15,
  producer: null,
};
