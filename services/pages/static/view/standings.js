// Models across inputs, and the winner of each input.

import { el, setText, show } from "../dom.js";
import { count, UNKNOWN } from "../format.js";
import { ratingTable } from "../rating-table.js";
import { labeller } from "../rankings.js";
import { FINAL } from "../run-status.js";

const WINNERS_SHOWN = 100;

/** Models rated over all inputs: `node`, and `update(state)`. */
export function modelRanking() {
  const namer = (models) => {
    const label = labeller(models);
    return (model) => ({ text: label(model) });
  };
  const table = ratingTable({ heading: "model", label: "Models across inputs", namer });
  const node = el("section", { data: { role: "models" } }, el("h3", { text: "Models across inputs" }), table.node);
  let drawn = null;
  return {
    node,
    update({ ranking }) {
      const models = ranking?.models ?? [];
      show(node, models.length > 0);
      if (ranking === drawn) return;
      drawn = ranking;
      table.update(models);
    },
  };
}

/** Who won each input, as far as it is decided: `node`, and `update(state)`. */
export function winners() {
  const body = el("tbody");
  const heads = ["input", "winner", "by"].map((text) => el("th", { scope: "col", text }));
  const table = el("table", { class: "winners" }, el("thead", {}, el("tr", {}, ...heads)), body);
  const box = el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Winners" }, table);
  const told = el("p", { class: "muted" });
  const title = el("h3");
  const node = el("section", { data: { role: "winners" } }, title, told, box);
  let drawn = null;
  let drawnFinal = null;
  return {
    node,
    update({ ranking, status }) {
      setText(title, FINAL.has(status) ? "Winners" : "Best so far");
      const found = ranking?.post_combine?.winners ?? [];
      show(node, found.length > 0);
      const final = FINAL.has(status);
      if (ranking === drawn && final === drawnFinal) return;
      [drawn, drawnFinal] = [ranking, final];
      const left = found.length - WINNERS_SHOWN;
      setText(told, left > 0 ? `The first ${count(WINNERS_SHOWN)}; ${count(left)} more are in the results.` : "");
      show(told, left > 0);
      body.replaceChildren(...found.slice(0, WINNERS_SHOWN).map((winner) => line(winner, final)));
    },
  };
}

const line = ({ input, ...winner }, final) =>
  el(
    "tr",
    {},
    el("th", { scope: "row", text: input ?? "" }),
    el("td", { text: winnerWords(winner, { final }) }),
    el("td", { text: byWords(winner.by) }),
  );

/** Who won; of those who are just as good nobody has. Pure. */
export function winnerWords({ document, tied, tied_omitted: omitted }, { final = true } = {}) {
  if (document == null) return final ? "nobody can say" : "nobody can say yet";
  if (!tied?.length) return document;
  const names = [document, ...tied, ...(omitted ? [`${count(omitted)} more`] : [])];
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are just as good${final ? "" : " so far"}`;
}

const BY = {
  post_combine: "comparison after combination",
  pairwise: "comparison",
  score: "score",
};

/** What decided, in words. Pure. */
export const byWords = (by) => BY[by] ?? by ?? UNKNOWN;
