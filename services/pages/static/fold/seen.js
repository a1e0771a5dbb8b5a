// Which sequence numbers have been taken in; a repeat is recognised whatever the order.

/** A set of positive integers, small as long as they come nearly in order. */
export class Seen {
  upto = 0;
  #ahead = new Set();

  /** Take the number in; false when it was in already. */
  add(seq) {
    if (seq <= this.upto || this.#ahead.has(seq)) return false;
    this.#ahead.add(seq);
    while (this.#ahead.delete(this.upto + 1)) this.upto += 1;
    return true;
  }
}
