// Scores as a table: a row for each document, a column for each judge and criterion, a cell for what is known. Pure.

const byName = new Intl.Collator("en", { numeric: true });

/** The name of a judge or generator: a text, or `{provider, model, settings}`. */
function nameOf(who) {
  if (typeof who === "string") return who;
  return [who?.provider, who?.model].filter(Boolean).join(" · ") || "unnamed";
}

/** Names by key; where two have the same name, their settings are added. */
function labels(people) {
  const times = new Map();
  for (const who of people.values()) times.set(nameOf(who), (times.get(nameOf(who)) ?? 0) + 1);
  const settings = (who) => Object.entries(who?.settings ?? {}).map(([name, value]) => `${name} ${value}`);
  const label = (who) => [nameOf(who), ...(times.get(nameOf(who)) > 1 ? settings(who) : [])].join(", ");
  return new Map([...people].map(([key, who]) => [key, label(who)]));
}

/**
 * `{judges: [{key, judge, criteria}], rows: [{key, document, input, generator, cells: Map(cellKey → {count, mean}), mean}],
 * trials}` of `score_recorded` events: rows by name, means over trials, `trials` the most judgements in one cell. What was
 * not judged has no cell. `generator` is null where nobody made the document.
 */
export function scoreTable(events) {
  const judges = new Map();
  const generators = new Map();
  const criteria = new Map();
  const rows = new Map();
  for (const { data } of events) {
    const judge = remember(judges, data.judge);
    const generator = data.generator ? remember(generators, data.generator) : null;
    const document = data.document ?? data.input ?? data.item_id;
    const key = JSON.stringify([document, data.input, generator]);
    if (!rows.has(key)) rows.set(key, { key, document, input: data.input ?? null, generator, cells: new Map() });
    if (!criteria.has(judge)) criteria.set(judge, new Set());
    for (const [criterion, score] of Object.entries(data.scores ?? {})) {
      criteria.get(judge).add(criterion);
      add(rows.get(key).cells, cellKey(judge, criterion), score);
    }
  }
  const [judgeLabels, generatorLabels] = [labels(judges), labels(generators)];
  const drawn = [...rows.values()].map((row) => ({
    ...row,
    generator: generatorLabels.get(row.generator) ?? null,
    mean: meanOf(row.cells),
  }));
  return {
    judges: [...criteria].map(([key, names]) => ({ key, judge: judgeLabels.get(key), criteria: [...names] })),
    rows: drawn.sort((a, b) => byName.compare(a.document, b.document) || byName.compare(a.key, b.key)),
    trials: Math.max(0, ...drawn.flatMap(({ cells }) => [...cells.values()].map(({ count }) => count))),
  };
}

/** The key of a cell. */
export const cellKey = (judge, criterion) => JSON.stringify([judge, criterion]);

/** Which of five bands a score is in: 5 is the best, 1 the poorest. */
export const band = (score) => Math.max(1, Math.min(5, Math.round(score)));

function remember(people, who) {
  const key = JSON.stringify(who ?? null);
  people.set(key, who);
  return key;
}

function add(cells, key, score) {
  const { sum, count } = cells.get(key) ?? { sum: 0, count: 0 };
  cells.set(key, { sum: sum + score, count: count + 1, mean: (sum + score) / (count + 1) });
}

function meanOf(cells) {
  const means = [...cells.values()].map(({ mean }) => mean);
  return means.length ? means.reduce((sum, mean) => sum + mean, 0) / means.length : null;
}
