// The run: its alerts, why it stands still, and how it can go on.

import { notice } from "./notice.js";

const SEVERITY = { critical: "error", error: "error", warning: "warning", info: "info" };

/** What an alert means for the rest of the run. */
const MEANS = {
  breaker: "This model is asked no more in this run; the rest goes on.",
  budget: "No request beyond it is sent.",
  phase_timeout: "Nothing more is asked in this phase; the rest goes on.",
  retry_storm: "Repeats cost as much as first requests: the errors below say what is wrong.",
};

/** What there is to say of the run. */
export function aboutRun({ stats, status, reason, end }) {
  const told = alerts(stats);
  const why = reason ? ` (${reason})` : "";
  if (end?.status === "deleted") told.push(notice("warning", "deleted", "This run was deleted."));
  if (status === "paused") {
    const text = `This run is paused${why}. No new request is made until it is resumed.`;
    told.push(notice("warning", "paused", text));
  }
  if (status === "interrupted") {
    const text = `This run was interrupted${why}. It can be resumed: only what is missing will be asked for.`;
    told.push(notice("warning", "interrupted", text));
  }
  if (end?.resumable) {
    const text =
      "This run can be resumed: only what is missing would be asked for. If it is, it goes on here by itself.";
    told.push(notice("info", "resumable", text));
  }
  return told;
}

const alerts = (stats) =>
  (Array.isArray(stats?.alerts) ? stats.alerts : []).map(({ alert_id: id, kind, severity, message }) =>
    notice(
      SEVERITY[severity] ?? "warning",
      `alert-${id}`,
      `${[kind?.replaceAll("_", " "), message].filter(Boolean).join(": ")}${meaning(kind)}`,
    ),
  );

const meaning = (kind) => (Object.hasOwn(MEANS, kind ?? "") ? `. ${MEANS[kind]}` : "");
