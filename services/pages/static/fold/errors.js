// The list of errors a run met: one entry a kind, never erased by the success of another call.

const newKind = () => ({
  events: 0,
  unrecovered: 0,
  first: null,
  last: null,
  messageSeq: 0,
  message: "",
});

const isBefore = (a, b) => a.ms < b.ms || (a.ms === b.ms && a.seq < b.seq);

/** Errors by kind, and the newest of all. */
export class ErrorList {
  #kinds = new Map();
  /** `{seq, callId, error, time}` of the newest error, or null. */
  newest = null;

  /** Take in one error event. */
  note(seq, callId, time, ms, error) {
    const kind = this.#kinds.get(error.kind) ?? newKind();
    this.#kinds.set(error.kind, kind);
    const moment = { seq, ms, time };
    if (kind.first === null || isBefore(moment, kind.first)) kind.first = moment;
    if (kind.last === null || isBefore(kind.last, moment)) kind.last = moment;
    if (seq > kind.messageSeq) {
      kind.messageSeq = seq;
      kind.message = error.message ?? "";
    }
    if (this.newest === null || seq > this.newest.seq) this.newest = { seq, callId, error, time };
  }

  /** Add (or with negative numbers take away) what one call adds to one kind. */
  count(name, events, unrecovered) {
    const kind = this.#kinds.get(name);
    kind.events += events;
    kind.unrecovered += unrecovered;
  }

  /** The entries as the stats carry them, the kind first met first. */
  shown() {
    return [...this.#kinds]
      .sort(([, a], [, b]) => a.first.seq - b.first.seq)
      .map(([kind, entry]) => ({
        kind,
        count: entry.events,
        first_seen: entry.first.time,
        last_seen: entry.last.time,
        message: entry.message,
        recovered: entry.unrecovered === 0,
      }));
  }
}
