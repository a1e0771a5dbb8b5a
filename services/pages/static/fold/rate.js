// How fast calls end: the number of endings in the last minute before the newest event.

const WINDOW_S = 60;

/** Endings by second; seconds long past are dropped. */
export class Rate {
  #ends = new Map();
  #firstMs = null;

  /** A call got its slot. */
  began(timeMs) {
    if (this.#firstMs === null || timeMs < this.#firstMs) this.#firstMs = timeMs;
  }

  /** A call ended. */
  ended(timeMs) {
    const second = Math.floor(timeMs / 1000);
    this.#ends.set(second, (this.#ends.get(second) ?? 0) + 1);
  }

  /** Calls ended a minute over the last minute, or over the time since the first call began if that is shorter. */
  perMinute(nowMs) {
    if (this.#firstMs === null) return null;
    const oldest = Math.floor(nowMs / 1000) - WINDOW_S;
    let ended = 0;
    for (const [second, count] of this.#ends) {
      if (second <= oldest) this.#ends.delete(second);
      else ended += count;
    }
    const spanMs = Math.min(WINDOW_S * 1000, Math.max(1000, nowMs - this.#firstMs));
    return (ended * 60_000) / spanMs;
  }
}
