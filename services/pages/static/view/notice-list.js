// What must be told beside the numbers, worst first; errors are spoken at once.

import { el, setText, show, syncChildren } from "../dom.js";
import { notices } from "../notices.js";

/** The list: `node`, and `update(state, now, page)`. */
export function noticeList() {
  const list = el("ul", { class: "notices", role: "alert" });
  const violations = el("span", { hidden: true, data: { stat: "violations" } });
  const alerts = el("span", { hidden: true, data: { stat: "alerts" } });
  const node = el("div", {}, violations, alerts, list);
  return {
    node,
    update(state, _now, page) {
      violations.dataset.value = JSON.stringify(state.stats?.violations ?? null);
      alerts.dataset.value = JSON.stringify(state.stats?.alerts ?? null);
      const told = notices(state, page);
      show(node, told.length > 0);
      syncChildren(list, told, {
        key: ({ id }) => id,
        make: ({ id }) => el("li", { data: { notice: id } }),
        update: (row, { level, text }) => {
          row.dataset.level = level;
          setText(row, text);
        },
      });
    },
  };
}
