// Comparisons as they ended: for each input the ranking, who won against whom, and the winner.

import { table } from "../table.js";
import { el } from "../../dom.js";
import { count, phaseLabel, plural, UNKNOWN } from "../../format.js";
import { matrix } from "../../matrix.js";
import { HeadToHead } from "../../pairs.js";
import { ratingTable } from "../../rating-table.js";
import { rankingsByGroup } from "../../rankings.js";
import { FINAL } from "../../run-status.js";
import { documentNamer } from "../../view/comparisons.js";
import { byWords, winnerWords } from "../../view/standings.js";

/** The rankings of results in the shape of a `ranking_changed` event. Pure. */
export const asRanking = ({ ranking, post_combine: combined }) => ({
  ranking,
  post_combine: {
    ranking: (combined ?? []).flatMap(({ input, ranking: rows }) => rows.map((row) => ({ input, ...row }))),
  },
});

/** The part: `nodes`, and `update(results)`; what was chosen stays chosen. */
export function comparedView({ onDocument }) {
  const chosen = el("select", { on: { change: () => draw() } });
  const choice = el("label", { class: "choice" }, "Input ", chosen);
  const rated = ratingTable({ heading: "document", label: "Ranking of documents", namer: documentNamer });
  const grid = el("div");
  const texts = el("p", { class: "buttons" });
  let groups = new Map();
  let tally = new HeadToHead();

  function draw() {
    const group = groups.get(chosen.value);
    if (!group) return;
    rated.update(group.rows);
    const known = tally.documents(group.key);
    const ranked = group.rows.map(({ document }) => document).filter((name) => known.includes(name));
    const documents = [...new Set([...ranked, ...known])];
    const cellOf = (row, column) => tally.cell(group.key, row, column);
    grid.replaceChildren(...(documents.length > 1 ? matrix(documents, cellOf, "Head to head") : []));
    texts.replaceChildren(...documents.slice(0, 10).map((name) => textButton(name, onDocument)));
  }

  return {
    nodes: [choice, rated.node, texts, el("h3", { text: "Head to head" }), grid],
    update(results) {
      tally = new HeadToHead();
      for (const pair of results.pairs ?? []) tally.add(pair);
      groups = rankingsByGroup(asRanking(results));
      for (const { key, input, phase } of tally.groups) {
        if (!groups.has(key)) groups.set(key, { key, input, phase, rows: [] });
      }
      const before = chosen.value;
      const option = ({ key, input, phase }) => el("option", { value: key, text: `${input}, ${phaseLabel(phase)}` });
      chosen.replaceChildren(...[...groups.values()].map(option));
      if (groups.has(before)) chosen.value = before;
      choice.hidden = groups.size < 2;
      draw();
    },
  };
}

const textButton = (name, onDocument) =>
  el("button", { type: "button", class: "link", text: `text of ${name}`, on: { click: () => onDocument(name) } });

/** The nodes of the winners. */
export function winnerTable({ winners, status }, { onDocument }) {
  const words = (winner) => winnerWords(winner, { final: FINAL.has(status) });
  const rows = (winners ?? []).map((winner) => [
    winner.input,
    winner.document == null ? words(winner) : textOf(winner, words(winner), onDocument),
    winner.by == null ? UNKNOWN : byWords(winner.by),
  ]);
  return rows.length ? table(["input", "winner", "by"], rows, { label: "Winners" }) : [];
}

function textOf(winner, text, onDocument) {
  const click = () => onDocument(winner.document);
  return el("button", { type: "button", class: "link", text, on: { click } });
}

/** How many inputs have a winner, for the title: a tie has none. Pure. */
export function decided({ winners }) {
  const led = (winners ?? []).filter(({ document }) => document != null);
  const tied = led.filter(({ tied: others }) => others?.length).length;
  const told = `${count(led.length - tied)} of ${plural((winners ?? []).length, "input")} decided`;
  return tied ? `${told}, ${count(tied)} tied` : told;
}
