// What must be told beside the numbers, worst first; errors are spoken at once, the rest when there is a pause.

import { el, setText, show, syncChildren } from "../dom.js";
import { notices } from "../notices.js";

/** The lists: `node`, and `update(state, now, page)`. */
export function noticeList() {
  const urgent = el("ul", { class: "notices", role: "alert" });
  const others = el("ul", { class: "notices", role: "status" });
  const violations = el("span", { hidden: true, data: { stat: "violations" } });
  const alerts = el("span", { hidden: true, data: { stat: "alerts" } });
  const node = el("div", { class: "told", data: { role: "notices" } }, violations, alerts, urgent, others);
  return {
    node,
    update(state, now, page) {
      violations.dataset.value = JSON.stringify(state.stats?.violations ?? null);
      alerts.dataset.value = JSON.stringify(state.stats?.alerts ?? null);
      const told = notices(state, now, page);
      draw(
        urgent,
        told.filter(({ level }) => level === "error"),
      );
      draw(
        others,
        told.filter(({ level }) => level !== "error"),
      );
      show(node, told.length > 0);
    },
  };
}

function draw(list, told) {
  syncChildren(list, told, { key: ({ id }) => id, make, update });
  show(list, told.length > 0);
}

function make({ id, action }) {
  const text = el("span", { class: "text" });
  const link = el("a", { target: "_blank", rel: "noopener", hidden: true });
  const reload = el("button", { type: "button", text: "Reload", on: { click: () => location.reload() } });
  return el("li", { data: { notice: id } }, text, " ", link, " ", action === "reload" ? reload : null);
}

function update(row, { level, text, link }) {
  row.dataset.level = level;
  setText(row.children[0], text);
  show(row.children[1], link !== undefined);
  if (link === undefined) return;
  setText(row.children[1], link.text);
  if (row.children[1].href !== link.href) row.children[1].href = link.href;
}
