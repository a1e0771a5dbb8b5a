// Documents of one input against each other, as they are judged: their ranking and who won against whom.

import { el, setText, show } from "../dom.js";
import { count, percent, phaseLabel, plural } from "../format.js";
import { matrix } from "../matrix.js";
import { HeadToHead } from "../pairs.js";
import { ratingTable } from "../rating-table.js";
import { labeller, rankingsByGroup } from "../rankings.js";

/** Under load the tables are drawn anew this often, not with each judgement. */
const DRAW_EVERY_MS = 500;

/** The section: `node`, and `update(state, now)`. */
export function comparisons() {
  const chosen = el("select", { on: { change: () => draw() } });
  const choice = el("label", { class: "choice" }, "Input ", chosen);
  const told = el("p", { class: "muted", data: { role: "compared" } });
  const table = ratingTable({ heading: "document", label: "Ranking", namer: documentNamer });
  const ranked = el("div", { data: { role: "ranking" } }, el("h4", { text: "Ranking" }), table.node);
  const grid = el("div");
  const met = el("div", { data: { role: "head-to-head" } }, el("h4", { text: "Head to head" }), grid);
  const node = el("section", { data: { role: "comparisons" } }, el("h3", { text: "Comparisons" }), choice, told);
  node.append(ranked, met);
  let tally = new HeadToHead();
  let taken = 0;
  let life = 0;
  let newest = null;
  let groups = new Map();
  let drawnAt = 0;
  let stale = false;

  function takeIn({ pairs, life: now, ranking }) {
    if (now !== life || pairs.length < taken) [tally, taken, life] = [new HeadToHead(), 0, now];
    const fresh = pairs.length > taken || ranking !== newest;
    for (const { data } of pairs.slice(taken)) tally.add(data);
    taken = pairs.length;
    newest = ranking;
    return fresh;
  }

  function drawGroups() {
    groups = rankingsByGroup(newest);
    for (const { key, input, phase } of tally.groups) {
      if (!groups.has(key)) groups.set(key, { key, input, phase, rows: [] });
    }
    const keys = [...groups.keys()];
    if (keys.join() !== [...chosen.options].map(({ value }) => value).join()) {
      const before = chosen.value;
      const option = ({ key, input, phase }) =>
        el("option", { value: key, text: `${input ?? "all documents"}, ${phaseLabel(phase)}` });
      chosen.replaceChildren(...[...groups.values()].map(option));
      if (groups.has(before)) chosen.value = before;
    }
    show(choice, keys.length > 1);
  }

  function draw() {
    const group = groups.get(chosen.value);
    if (!group) return;
    table.update(group.rows);
    show(ranked, group.rows.length > 0);
    const known = tally.documents(group.key);
    const rated = group.rows.map(({ document }) => document).filter((name) => known.includes(name));
    const documents = [...new Set([...rated, ...known])];
    const cellOf = (row, column) => tally.cell(group.key, row, column);
    grid.replaceChildren(...matrix(documents, cellOf, "Head to head"));
    show(met, documents.length > 1);
  }

  return {
    node,
    update(state, now) {
      show(node, state.pairs.length > 0 || rows(state.ranking) > 0);
      stale = takeIn(state) || stale;
      // The page's clock ticks each second: the last one of a burst is drawn, too.
      if (!stale || (now - drawnAt < DRAW_EVERY_MS && state.end === null)) return;
      [stale, drawnAt] = [false, now];
      const more = newest?.omitted;
      const left = more ? ` ${plural(more, "row")} of the ranking did not fit in here; the results have all.` : "";
      setText(told, `${inWords(tally)}${left}`);
      drawGroups();
      draw();
    },
  };
}

const rows = (ranking) => (ranking?.ranking?.length ?? 0) + (ranking?.post_combine?.ranking?.length ?? 0);

/** Documents by their names, with who made them. Pure. */
export function documentNamer(rows) {
  const label = labeller(rows.map(({ generator }) => generator));
  return ({ input, document, generator }) => ({
    text: document ?? input ?? "",
    detail: generator ? label(generator) : null,
  });
}

/** How many comparisons there are, and whether the order of showing mattered. Pure. */
export function inWords(tally) {
  const parts = [`after ${plural(tally.judged, "comparison")}`];
  if (tally.decided) {
    const won = `${count(tally.firstWon)} of ${count(tally.decided)} decided ones`;
    parts.push(`the one shown first won ${won} (${percent(tally.firstWon, tally.decided)})`);
  }
  const { both, changed } = tally.orders;
  if (both) parts.push(`the order changed the answer in ${count(changed)} of ${plural(both, "pair")} asked both ways`);
  return `${parts.join("; ")}.`;
}
