// The list of errors a run met: one entry a kind, never erased by the success of another call.

const newKind = () => ({
  requests: 0,
  unasked: 0,
  unrecovered: 0,
  first: null,
  last: null,
  messageFrom: { asked: false, seq: 0 },
  message: "",
});

/** What a request met says more than that others were not made for its sake. */
const saysMore = (a, b) => (a.asked === b.asked ? a.seq > b.seq : a.asked);

const isBefore = (a, b) => a.ms < b.ms || (a.ms === b.ms && a.seq < b.seq);

/** Errors by kind, and the newest of all. */
export class ErrorList {
  #kinds = new Map();
  /** `{seq, callId, error, time}` of the newest error, or null. */
  newest = null;

  /** Take in one error event: of a request, or of a call that was never `asked`. */
  note(seq, callId, time, ms, error, asked) {
    const kind = this.#kinds.get(error.kind) ?? newKind();
    this.#kinds.set(error.kind, kind);
    const moment = { seq, ms, time };
    if (kind.first === null || isBefore(moment, kind.first)) kind.first = moment;
    if (kind.last === null || isBefore(kind.last, moment)) kind.last = moment;
    if (saysMore({ asked, seq }, kind.messageFrom)) {
      kind.messageFrom = { asked, seq };
      kind.message = error.message ?? "";
    }
    if (this.newest === null || seq > this.newest.seq) this.newest = { seq, callId, error, time };
  }

  /** Add (or with negative numbers take away) what one call adds to one kind. */
  count(name, { requests, unasked, unrecovered }) {
    const kind = this.#kinds.get(name);
    kind.requests += requests;
    kind.unasked += unasked;
    kind.unrecovered += unrecovered;
  }

  /**
   * The entries as the stats carry them, the kind first met first. `count` is of requests; where none was made (a spent
   * budget), of calls that were not asked.
   */
  shown() {
    return [...this.#kinds]
      .sort(([, a], [, b]) => a.first.seq - b.first.seq)
      .map(([kind, entry]) => ({
        kind,
        count: entry.requests || entry.unasked,
        first_seen: entry.first.time,
        last_seen: entry.last.time,
        message: entry.message,
        recovered: entry.unrecovered === 0,
      }));
  }
}
