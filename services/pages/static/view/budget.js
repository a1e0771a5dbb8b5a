// What is spent against what may be: requests and dollars. What is not known to be spent is said.

import { el, setText, show } from "../dom.js";
import { count, money, plural } from "../format.js";

/** `[{name, label, spent, limit, text, over}]` of the limits a run has. Pure. */
export function spending(stats) {
  const { attempts, max_requests_total: ceiling, cost_usd: cost, max_cost_usd: budget = null } = stats;
  const found = [];
  if (ceiling !== null) {
    found.push({
      name: "requests",
      label: "Requests",
      spent: attempts,
      limit: ceiling,
      text: `${count(attempts)} of ${count(ceiling)} at most`,
    });
  }
  if (budget !== null) {
    const unpriced = stats.unpriced_attempts ? `, ${plural(stats.unpriced_attempts, "request")} unpriced` : "";
    const text = `${money(cost)} of ${money(budget)}${unpriced}`;
    found.push({ name: "cost", label: "Budget", spent: cost ?? 0, limit: budget, text });
  }
  return found.map((one) => ({ ...one, over: one.limit > 0 && one.spent >= one.limit }));
}

function row({ name, label }) {
  const part = el("span", { class: "part spent" });
  const rest = el("span", { class: "part rest" });
  const bar = el("div", { class: "bar", role: "meter", "aria-label": label, "aria-valuemin": "0" }, part, rest);
  const text = el("span", { class: "numbers" });
  return { name, part, rest, bar, text, node: el("li", {}, el("span", { class: "name", text: label }), bar, text) };
}

/** The section: `node`, and `update(state)`. */
export function budget() {
  const rows = [row({ name: "requests", label: "Requests" }), row({ name: "cost", label: "Budget" })];
  const list = el("ul", { class: "phases" }, ...rows.map(({ node }) => node));
  const node = el("section", { class: "progress", "aria-label": "Spent", data: { role: "budget" } }, list);
  return {
    node,
    update({ stats }) {
      const found = spending(stats);
      show(node, found.length > 0);
      for (const { name, part, rest, bar, text, node: line } of rows) {
        const one = found.find((candidate) => candidate.name === name);
        show(line, one !== undefined);
        if (one === undefined) continue;
        part.style.setProperty("flex-grow", one.spent);
        rest.style.setProperty("flex-grow", Math.max(0, one.limit - one.spent));
        show(part, one.spent > 0);
        part.dataset.over = String(one.over);
        bar.setAttribute("aria-valuemax", one.limit);
        bar.setAttribute("aria-valuenow", Math.min(one.spent, one.limit));
        bar.setAttribute("aria-valuetext", one.text);
        setText(text, one.text);
        line.dataset.spent = name;
      }
    },
  };
}
