// Scores as a table: a row for each document, a column for each judge and criterion, a cell for what is known. Pure.

const judgeName = (judge) => {
  if (typeof judge === "string") return judge;
  return [judge?.provider, judge?.model].filter(Boolean).join(" · ") || "judge";
};

const rowNames = ({ document, input, generator, item_id: item }) => ({
  document: document ?? input ?? item,
  input: input && input !== document ? input : null,
  generator: generator?.model ? judgeName(generator) : null,
});

/**
 * `{judges: [{judge, criteria}], rows: [{document, input, generator, cells: Map(key → {sum, count, mean}), mean}], trials}`
 * of `score_recorded` events. Means are over trials; what was not judged has no cell.
 */
export function scoreTable(events) {
  const criteria = new Map();
  const rows = new Map();
  for (const { data } of events) {
    const judge = judgeName(data.judge);
    const names = rowNames(data);
    const key = JSON.stringify([names.document, names.input, names.generator]);
    if (!rows.has(key)) rows.set(key, { key, ...names, cells: new Map() });
    if (!criteria.has(judge)) criteria.set(judge, new Set());
    for (const [criterion, score] of Object.entries(data.scores ?? {})) {
      criteria.get(judge).add(criterion);
      add(rows.get(key).cells, cellKey(judge, criterion), score);
    }
  }
  const judges = [...criteria].map(([judge, names]) => ({ judge, criteria: [...names] }));
  return { judges, rows: [...rows.values()].map((row) => ({ ...row, mean: meanOf(row.cells) })) };
}

/** The key of a cell. */
export const cellKey = (judge, criterion) => JSON.stringify([judge, criterion]);

/** Which of five bands a score is in: 5 is the best, 1 the poorest. */
export const band = (score) => Math.max(1, Math.min(5, Math.round(score)));

function add(cells, key, score) {
  const cell = cells.get(key) ?? { sum: 0, count: 0 };
  cell.sum += score;
  cell.count += 1;
  cell.mean = cell.sum / cell.count;
  cells.set(key, cell);
}

function meanOf(cells) {
  const means = [...cells.values()].map(({ mean }) => mean);
  return means.length ? means.reduce((sum, mean) => sum + mean, 0) / means.length : null;
}
