// What the tab is called: how far the run is, or why that is not known. Pure.

import { percent, statusLabel } from "./format.js";
import { goneThrough } from "./progress-words.js";
import { hasStopped } from "./stopped.js";

/** The tab's title: how far the run is, then its name; only the name while nothing newer comes in. */
export function titled(runId, { status, stats, connection, producer }) {
  if (connection.state === "paused") return runId;
  if (status === null) return `Connecting … · ${runId}`;
  if (connection.downSince !== null) return `link down · ${runId}`;
  if (hasStopped({ status, producer })) return `no more events · ${runId}`;
  if (connection.state !== "live" || !stats?.planned_calls) return `${statusLabel(status)} · ${runId}`;
  return `${percent(goneThrough(stats), stats.planned_calls)} · ${runId}`;
}
