// What was planned against what came: every cell that is missing with its reason, and every one that nobody planned.

import { table } from "../table.js";
import { el } from "../../dom.js";
import { count, phaseLabel, plural } from "../../format.js";

/** The nodes. `onCall(id)` is called when a cell's call is asked for. */
export function plannedTables({ plan }, { onCall }) {
  if (!plan?.length) return [];
  const rows = plan.map(({ phase, planned, succeeded, missing, unplanned }) => [
    phaseLabel(phase),
    count(planned),
    count(succeeded),
    count(missing.length),
    count(unplanned.length),
  ]);
  const heads = ["phase", "planned", "there", "missing", "unplanned"];
  return [
    ...table(heads, rows, { label: "Planned and there" }),
    ...cells("missing", "Missing", plan, onCall),
    ...cells("unplanned", "Nobody planned", plan, onCall),
  ];
}

/** How much is missing or unplanned, for the title; "" where all is as planned. Pure. */
export function amiss({ plan }) {
  const sum = (name) => (plan ?? []).reduce((all, row) => all + row[name].length, 0);
  const parts = [
    [sum("missing"), "missing"],
    [sum("unplanned"), "unplanned"],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${count(number)} ${word}`)
    .join(", ");
}

function cells(name, title, plan, onCall) {
  const found = plan.flatMap((row) => row[name].map((one) => ({ ...one, phase: row.phase })));
  if (!found.length) return [];
  const rows = found.slice(0, 100).map(({ call_id: id, label, reason, phase }) => {
    const open = el("button", { type: "button", class: "link", text: label || id, on: { click: () => onCall(id) } });
    return [open, phaseLabel(phase), { text: reason, class: "left" }];
  });
  const more = found.length > rows.length ? `; the first ${count(rows.length)}` : "";
  const heading = el("h3", { text: `${title}: ${plural(found.length, "cell")}${more}` });
  return [heading, ...table(["cell", "phase", "reason"], rows, { label: title })];
}
