// What a ranking says, in words and in places on a scale. Pure.

import { count, modelLabel, UNKNOWN } from "./format.js";
import { groupKey } from "./pairs.js";

/** A rating as people read it: strengths by their natural logarithm with two digits, larger numbers of others whole. */
export const ratingText = (value) =>
  typeof value !== "number" || !Number.isFinite(value) ? UNKNOWN : value.toFixed(Math.abs(value) >= 100 ? 0 : 2);

/** "0.75" as "75 %"; unknown is a dash. */
export const shareText = (value) => (typeof value === "number" ? `${Math.round(100 * value)} %` : UNKNOWN);

/** A model with its settings: "openai · gpt-5-mini, temperature 0.2". */
export function withSettings(model) {
  const settings = Object.entries(model?.settings ?? {}).map(([name, value]) => `${name} ${value}`);
  const kind = model?.kind ? [model.kind.replaceAll("_", " ")] : [];
  return [modelLabel(model ?? {}), ...settings, ...kind].join(", ");
}

/** A function that names any of these models: with its settings where two have the same name, and shortly otherwise. */
export function labeller(models) {
  const known = new Map();
  for (const model of models.filter(Boolean)) {
    const short = modelLabel(model);
    known.set(short, (known.get(short) ?? new Set()).add(withSettings(model)));
  }
  return (model) => (known.get(modelLabel(model ?? {}))?.size > 1 ? withSettings(model) : modelLabel(model ?? {}));
}

/** What must be known of one row beside its numbers: "" where nothing. */
export function remark({ bounded, connected, component }) {
  const said = [];
  if (connected === false) said.push(component == null ? "not connected" : `not connected: part ${count(component)}`);
  if (bounded === false) said.push("not bounded");
  return said.join(", ");
}

/** The sentences a table of these rows needs. */
export function caveats(rows) {
  const said = [];
  if (rows.some(({ connected }) => connected === false)) {
    said.push(
      "Not connected: some were never compared with the others, not even through a third; their ratings cannot be held " +
        "against each other.",
    );
  }
  if (rows.some(({ bounded }) => bounded === false)) {
    said.push(
      "Not bounded: somebody has won, or lost, against all others, so no finite rating fits; a weak assumption keeps the " +
        "number readable.",
    );
  }
  return said;
}

/** The scale all rows fit on: `{from, to}`, never of no width. */
export function scaleOf(rows) {
  const ends = rows.flatMap(({ low, rating, high }) => [low, rating, high]).filter(Number.isFinite);
  if (!ends.length) return { from: -1, to: 1 };
  const [least, most] = ends.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [ends[0], ends[0]]);
  const room = Math.max((most - least) * 0.04, 0.05);
  return { from: least - room, to: most + room };
}

/** Where a value stands on the scale, from 0 to `length`. */
export const placeOn = ({ from, to }, value, length) => ((value - from) / (to - from)) * length;

/**
 * The rankings of a `ranking_changed` event by group: Map(groupKey → rows), pairwise first, then what was compared after
 * the combination.
 */
export function rankingsByGroup(ranking) {
  const groups = new Map();
  const parts = [
    ["pairwise_eval", ranking?.ranking],
    ["post_combine_eval", ranking?.post_combine?.ranking],
  ];
  for (const [phase, rows] of parts) {
    for (const row of rows ?? []) {
      const key = groupKey(row.input, phase);
      if (!groups.has(key)) groups.set(key, { key, input: row.input ?? null, phase, rows: [] });
      groups.get(key).rows.push(row);
    }
  }
  return groups;
}
