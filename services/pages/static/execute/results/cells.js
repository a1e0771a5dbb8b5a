// Scores as a table of document x judge x criterion, and what stands where there is none: pending, failed or not planned. Pure.

import { labeller } from "../../rankings.js";

/** Why a judgement is missing, as one of `pending` and `failed`. */
export const stateOf = (missing) => ((missing ?? "").startsWith("not there yet") ? "pending" : "failed");

const keyOf = (judge) => JSON.stringify([judge?.provider, judge?.model, judge?.settings]);

/**
 * `{judges: [{key, name, criteria}], rows: [{document, input, generator, mean, missing, cells}]}`; `cells` holds, by
 * column in order, `{state: "scored" | "pending" | "failed" | "unplanned", mean, lines, callIds}`: `lines` says it in
 * words, one for each trial.
 */
export function heatCells(scores) {
  const judges = new Map();
  const label = labeller(scores.flatMap(({ judgements }) => judgements.map(({ judge }) => judge)));
  const made = labeller(scores.map(({ generator }) => generator));
  for (const { judgements, criteria } of scores) {
    for (const { judge } of judgements) {
      const key = keyOf(judge);
      if (!judges.has(key)) judges.set(key, { key, name: label(judge), criteria: new Set() });
      for (const name of Object.keys(criteria ?? {})) judges.get(key).criteria.add(name);
    }
  }
  const columns = [...judges.values()].map((judge) => ({ ...judge, criteria: [...judge.criteria] }));
  const rows = scores.map((row) => {
    const { document, input = null, mean = null, missing = null } = row;
    const generator = row.generator ? made(row.generator) : null;
    const cells = columns.flatMap(({ key, criteria }) => {
      const mine = row.judgements.filter(({ judge }) => keyOf(judge) === key);
      return criteria.map((criterion) => cellOf(mine, criterion));
    });
    return { document, input, generator, mean, missing, cells };
  });
  return { judges: columns, rows };
}

function cellOf(judgements, criterion) {
  if (!judgements.length) return { state: "unplanned", mean: null, lines: ["not planned"], callIds: [] };
  const scored = judgements.filter(({ scores }) => scores?.[criterion] != null);
  const lines = judgements.map((one) => lineOf(one, criterion));
  const callIds = judgements.map(({ call_id: id }) => id).filter(Boolean);
  if (scored.length) {
    const mean = scored.reduce((sum, { scores }) => sum + scores[criterion], 0) / scored.length;
    return { state: "scored", mean, lines, callIds };
  }
  const states = judgements.map(({ missing }) => stateOf(missing));
  return { state: states.includes("pending") ? "pending" : "failed", mean: null, lines, callIds };
}

function lineOf({ trial, scores, reasons, missing }, criterion) {
  const which = trial == null ? "" : `trial ${trial}: `;
  if (scores?.[criterion] == null) return `${which}${missing ?? "missing"}`;
  const reason = reasons?.[criterion];
  return `${which}${scores[criterion]}${reason ? `. ${reason}` : ""}`;
}
