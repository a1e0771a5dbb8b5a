// Judgements of two documents, counted as they come: who won against whom, in which order, and how often it was a tie. Pure.

const byName = new Intl.Collator("en", { numeric: true });

const NONE = Object.freeze({ wins: 0, losses: 0, ties: 0, shownFirst: 0, wonFirst: 0 });

/** One name for an input and the phase that compared its documents. */
export const groupKey = (input, phase) => JSON.stringify([input ?? null, phase ?? "pairwise_eval"]);

/** Takes in `pair_judged` events, each once; a judgement that is repeated replaces the one before. */
export class HeadToHead {
  #groups = new Map();
  #known = new Map();
  /** How many judgements there are. */
  judged = 0;
  /** Of those that say which document was shown first and were no tie: how often that one won. */
  decided = 0;
  firstWon = 0;
  #asked = new Map();

  /** Take in the data of one event. */
  add(data) {
    const { item_id: item, judge = null, trial = null, order = null } = data;
    const key = JSON.stringify([item, judge, trial, order]);
    const before = this.#known.get(key);
    if (before) this.#count(before, -1);
    this.#known.set(key, data);
    this.#count(data, 1);
    this.#remember(data);
  }

  /** `[{key, input, phase}]` of everything that was compared, in the order it was first met. */
  get groups() {
    return [...this.#groups.values()].map(({ key, input, phase }) => ({ key, input, phase }));
  }

  /** The documents of a group by name; empty where there is none. */
  documents(key) {
    return [...(this.#groups.get(key)?.documents ?? [])].sort(byName.compare);
  }

  /** `{wins, losses, ties, shownFirst, wonFirst}` of `row` against `column`; null where they never met. */
  cell(key, row, column) {
    const found = this.#groups.get(key)?.cells.get(JSON.stringify([row, column]));
    return found && found.wins + found.losses + found.ties > 0 ? found : null;
  }

  /** How many comparisons were made in both orders, and in how many of them the order changed the answer. */
  get orders() {
    const both = [...this.#asked.values()].filter(({ ab, ba }) => ab && ba);
    return { both: both.length, changed: both.filter(({ ab, ba }) => ab !== ba).length };
  }

  #count({ input = null, phase, a = "a", b = "b", winner, order }, sign) {
    const key = groupKey(input, phase);
    if (!this.#groups.has(key)) {
      const named = { key, input, phase: phase ?? "pairwise_eval" };
      this.#groups.set(key, { ...named, documents: new Set(), cells: new Map() });
    }
    const group = this.#groups.get(key);
    group.documents.add(a).add(b);
    for (const [row, column, own, first] of [
      [a, b, "a", "ab"],
      [b, a, "b", "ba"],
    ]) {
      const name = JSON.stringify([row, column]);
      const cell = { ...(group.cells.get(name) ?? NONE) };
      cell[winner === "tie" ? "ties" : winner === own ? "wins" : "losses"] += sign;
      if (order === first) {
        cell.shownFirst += sign;
        if (winner === own) cell.wonFirst += sign;
      }
      group.cells.set(name, cell);
    }
    this.judged += sign;
    if (winner === "tie" || !["ab", "ba"].includes(order)) return;
    this.decided += sign;
    if ((order === "ab") === (winner === "a")) this.firstWon += sign;
  }

  #remember({ input, phase, a, b, judge, trial, order, winner }) {
    if (!["ab", "ba"].includes(order)) return;
    const key = JSON.stringify([input, phase, a, b, judge, trial]);
    this.#asked.set(key, { ...this.#asked.get(key), [order]: winner });
  }
}

/** The share of comparisons a cell's row has won, a tie half of one. */
export const share = ({ wins, losses, ties }) => (wins + ties / 2) / (wins + losses + ties);

/** Which of five bands a share is in: 5 is a clear win of the row, 1 a clear loss. */
export const shareBand = (won) => 1 + Math.min(4, Math.floor(won * 5));
