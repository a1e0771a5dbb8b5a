// Cost against quality as a chart with its table beside it: the numbers in the chart are the rows of the table.

import { between } from "./models.js";
import { costScale, scoreScale } from "./scale.js";
import { table } from "../table.js";
import { el } from "../../dom.js";
import { count, money, plural, UNKNOWN } from "../../format.js";
import { labeller, shareText, withSettings } from "../../rankings.js";
import { svg } from "../../svg.js";

const [WIDTH, HEIGHT] = [560, 320];
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 16, 14, 46];
const POINTS_SHOWN = 60;

const keyOf = ({ provider, model, settings, kind }) => JSON.stringify([provider, model, settings, kind]);

/**
 * `{by, points, unknown}`: the models of known cost, cheapest first, `{model, score, low, high, cost, front}`, and the
 * judged ones whose cost nobody knows. `by` is `mean` or `win_rate`. Pure.
 */
export function paretoPoints({ models, pareto }) {
  const by = models.some(({ mean }) => mean != null) ? "mean" : "win_rate";
  const front = new Set((pareto ?? []).map(keyOf));
  const ends = by === "mean" ? ["low", "high"] : ["win_rate_low", "win_rate_high"];
  const judged = models
    .filter((model) => model[by] != null)
    .map((model) => ({
      model,
      score: model[by],
      low: model[ends[0]] ?? null,
      high: model[ends[1]] ?? null,
      cost: model.cost_per_document_usd ?? null,
      front: front.has(keyOf(model)),
    }));
  const known = judged.filter(({ cost }) => cost !== null).sort((a, b) => a.cost - b.cost || b.score - a.score);
  return { by, points: known, unknown: judged.filter(({ cost }) => cost === null) };
}

/** The nodes of the chart; none where no model was judged. */
export function paretoChart(results) {
  const { by, points, unknown } = paretoPoints(results);
  if (!points.length && !unknown.length) return [];
  const text = by === "mean" ? (value) => value.toFixed(2) : shareText;
  const label = labeller(results.models);
  const rows = [...points, ...unknown].map((point, index) => [
    `${point.cost === null ? UNKNOWN : index + 1} ${label(point.model)}`,
    point.cost === null ? "unknown" : money(point.cost),
    text(point.score),
    between(point.low, point.high, text, by === "mean" ? point.model.no_interval : null),
    point.cost === null ? "cost unknown" : point.front ? "yes" : "no: another is as cheap and better",
  ]);
  const quality = by === "mean" ? "mean score" : "won share";
  const heads = ["model", "cost per document", quality, "95 % between", "on the front"];
  const drawn = points.slice(0, POINTS_SHOWN);
  const left = points.length - drawn.length;
  return [
    left > 0
      ? el("p", { class: "muted", text: `The cheapest ${count(POINTS_SHOWN)} are drawn, ${count(left)} not.` })
      : null,
    points.length ? el("div", { class: "chart" }, chart(drawn, by, text)) : null,
    ...table(heads, rows, { label: "Cost against quality" }),
  ].filter(Boolean);
}

function chart(points, by, text) {
  const x = costScale(points.map(({ cost }) => cost));
  const y = scoreScale(points.flatMap(({ score, low, high }) => [score, low ?? score, high ?? score]));
  const left = (cost) => LEFT + x.at(cost) * (WIDTH - LEFT - RIGHT);
  const top = (score) => TOP + (1 - y.at(score)) * (HEIGHT - TOP - BOTTOM);
  const front = points.filter((point) => point.front);
  const axis = `cost per document${x.log ? " (each step ten times the one before)" : ""}`;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": "pareto-title pareto-desc" },
    svg("title", { id: "pareto-title" }, "Cost against quality of the models"),
    svg("desc", { id: "pareto-desc" }, described(points, front, text)),
    ...y.ticks.map((tick) => grid(LEFT, WIDTH - RIGHT, top(tick), by === "mean" ? String(tick) : shareText(tick))),
    ...x.ticks.map((tick) =>
      svg("text", { class: "tick", x: left(tick), y: HEIGHT - 26, "text-anchor": "middle" }, money(tick)),
    ),
    svg("text", { class: "axis", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, axis),
    svg("polyline", {
      class: "front",
      points: front.map(({ cost, score }) => `${left(cost)},${top(score)}`).join(" "),
    }),
    ...points.map((point, index) => mark(point, index + 1, left, top)),
  );
}

function grid(from, to, y, text) {
  return svg(
    "g",
    {},
    svg("line", { class: "grid", x1: from, x2: to, y1: y, y2: y }),
    svg("text", { class: "tick", x: from - 6, y: y + 4, "text-anchor": "end" }, text),
  );
}

function mark({ score, low, high, cost, front }, number, left, top) {
  const range = { class: "range", x1: left(cost), x2: left(cost), y1: top(low ?? score), y2: top(high ?? score) };
  return svg(
    "g",
    { class: front ? "point on" : "point" },
    low === null ? null : svg("line", range),
    svg("circle", { cx: left(cost), cy: top(score), r: front ? 6 : 4.5 }),
    svg("text", { class: "number", x: left(cost) + 9, y: top(score) - 7 }, String(number)),
  );
}

function described(points, front, text) {
  const each = front.map(({ model, cost, score }) => `${withSettings(model)} at ${money(cost)} with ${text(score)}`);
  const many = plural(points.length, "model");
  return `${many}; on the front, cheapest first: ${each.join("; ")}. The table that follows has every number.`;
}
