// What the page asks beside its stream: the executor while the stream is away, the list of refused events when there
// are more. One question at a time, each with a deadline; an answer that is none is an answer, too.

const ASK_LIMIT_MS = 5_000;

/** The JSON at an address: `{body}`, or `{failed}` with why there is none. */
export async function askFor(address, fetch) {
  try {
    const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(ASK_LIMIT_MS) });
    if (!response.ok) return { failed: `answered with ${response.status}` };
    const body = await response.json();
    return body !== null && typeof body === "object" ? { body } : { failed: "the answer could not be read" };
  } catch {
    return { failed: "no answer" };
  }
}

/** What an executor's run says to somebody whose stream is away; null stands for what it does not say. */
export function executorSays({ body, failed }) {
  if (failed) return { failed };
  const { status = null, stats = null, telemetry = null } = body;
  return {
    status,
    pending: telemetry?.pending ?? null,
    successful: stats?.successful_calls ?? null,
    failedCalls: stats?.failed_calls ?? null,
    planned: stats?.planned_calls ?? null,
  };
}

/** Asks again and again while it is wanted: `begin()` and `end()` may be called at any time. */
export class Repeatedly {
  #ask;
  #pauseMs;
  #env;
  #timer = null;
  #life = 0;
  #wanted = false;

  /** `ask()` returns a promise; `pauseMs(times)` is how long to wait after the answer to the n-th question (1, 2, ...). */
  constructor({ ask, pauseMs, env }) {
    this.#ask = ask;
    this.#pauseMs = pauseMs;
    this.#env = env;
  }

  /** Ask after `firstMs`, and then again and again; where that has begun, nothing. */
  begin(firstMs = 0) {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#life += 1;
    this.#later(firstMs, this.#life, 1);
  }

  /** Ask no more. An answer on its way may still come. */
  end() {
    this.#wanted = false;
    this.#life += 1;
    this.#env.clearTimeout(this.#timer);
  }

  #later(ms, life, times) {
    this.#timer = this.#env.setTimeout(async () => {
      await this.#ask();
      if (life === this.#life) this.#later(this.#pauseMs(times), life, times + 1);
    }, ms);
  }
}
