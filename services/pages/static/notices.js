// What a person who watches must be told beside the numbers, the worst first. Pure: from the state to a list of texts.

import { CONTRACT } from "./frames.js";
import { clock, count, duration, plural } from "./format.js";
import { FINAL } from "./run-status.js";

const LEVELS = ["error", "warning", "info"];
const SEVERITY = { critical: "error", error: "error", warning: "warning", info: "info" };

/** `[{id, level, text}]`; `page` is `{build}`, the build this page was made by, if known. */
export function notices(state, page = {}) {
  const told = [
    ...broken(state),
    ...refused(state),
    ...builds(state, page),
    ...alerts(state),
    ...producer(state),
    ...losses(state),
    ...stream(state),
    ...receipt(state),
  ];
  return told.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

const notice = (level, id, text) => ({ level, id, text });

function broken({ stats, complete, unreadable, audit, end }) {
  const told = (stats?.violations ?? []).map((text, index) =>
    notice("error", `violation-${index}`, `These numbers break a promise: ${text}.`),
  );
  if (complete === false) {
    const text =
      "This log is not complete: it differs from what the producer says it sent. Do not trust these numbers.";
    told.push(notice("error", "incomplete", text));
  }
  if (unreadable.length) {
    told.push(notice("error", "unreadable", `This page could not read what it was sent: ${unreadable.join("; ")}.`));
  }
  for (const [index, difference] of (audit?.state === "different" ? audit.differences : []).entries()) {
    told.push(notice("error", `audit-${index}`, `Checked here, it does not add up: ${difference}.`));
  }
  if (end?.status === "deleted") told.push(notice("warning", "deleted", "This run was deleted."));
  return told;
}

function refused({ connection }) {
  if (connection.state !== "refused") return [];
  return [notice("error", "refused", `The service refuses this stream: ${connection.detail}`)];
}

function builds({ hello, firstBuild }, page) {
  if (!hello) return [];
  if (hello.contract !== CONTRACT) {
    const text = `This page speaks contract ${CONTRACT}, the service ${hello.contract}: numbers may be missing. Reload it.`;
    return [notice("error", "contract", text)];
  }
  if (page.build && page.build !== hello.build) {
    const text = `This page is of build ${page.build}, the service of ${hello.build}. Reload the page.`;
    return [notice("warning", "build", text)];
  }
  if (firstBuild !== hello.build) {
    const text = `The service was updated from ${firstBuild} to ${hello.build} meanwhile. Reload the page.`;
    return [notice("warning", "build", text)];
  }
  return [];
}

const alerts = ({ stats }) =>
  (stats?.alerts ?? []).map(({ alert_id: id, kind, severity, message }) =>
    notice(
      SEVERITY[severity] ?? "warning",
      `alert-${id}`,
      [kind?.replaceAll("_", " "), message].filter(Boolean).join(": "),
    ),
  );

function producer({ producer: sign, status }) {
  const told = [];
  if (sign?.state === "silent" && !FINAL.has(status)) {
    const waiting = sign.pending ? `; ${plural(sign.pending, "event")} waited there to be sent` : "";
    const text = `The producer has been silent since ${clock(sign.since)}${waiting}. The numbers may be old.`;
    told.push(notice("warning", "producer", text));
  } else if (sign?.pending && sign.oldest_pending_s >= LATE_S) {
    const late = duration(sign.oldest_pending_s);
    const text = `${plural(sign.pending, "event")} still on the way, the oldest for ${late}.`;
    told.push(notice("info", "pending", text));
  }
  if (sign?.storage && sign.storage !== "ok") {
    const what = sign.storage === true ? "" : `: ${sign.storage}`;
    told.push(notice("warning", "storage", `The producer cannot store what it does${what}.`));
  }
  return told;
}

const LATE_S = 5;

function losses({ stats, rejected }) {
  const told = [];
  if (stats?.discarded) {
    const text = `The producer had to drop ${plural(stats.discarded, "event")}; the log says why (client_report).`;
    told.push(notice("warning", "discarded", text));
  }
  if (rejected) told.push(notice("warning", "rejected", `${plural(rejected, "event")} refused by the service.`));
  return told;
}

function stream({ connection, gap, drain, status }) {
  const told = [];
  if (connection.state === "stale") {
    const text = `Nothing heard since ${clock(connection.since)}: the connection may be cut. The numbers may be old.`;
    told.push(notice("warning", "stale", text));
  }
  if (connection.state === "slow") {
    const text =
      "Still waiting for the service. Browsers open six streams to one host at most: other tabs may hold them all.";
    told.push(notice("warning", "slow", text));
  }
  if (connection.state === "reconnecting" && connection.detail) {
    told.push(notice("warning", "reconnecting", `Not connected: ${connection.detail}. The numbers may be old.`));
  }
  if (drain) told.push(notice("info", "drain", "The service is being restarted; this page comes back by itself."));
  if (gap) {
    const why = `The service did not have everything after ${gap.requested} (${gap.reason})`;
    const text = `${why}; the page shows all from ${gap.oldest}.`;
    told.push(notice("info", "gap", text));
  }
  if (status === "interrupted") {
    told.push(notice("warning", "interrupted", "This run was interrupted. It goes on when it is resumed."));
  }
  return told;
}

function receipt({ receipt: sent }) {
  if (!sent || sent.ok) return [];
  return [notice("info", "receipt", `The service did not take this page's receipt (${sent.detail}).`)];
}

/** One sentence for a screen reader: where the run stands. */
export function spoken({ status, stats }, statusLabel) {
  if (!stats) return `Run ${statusLabel(status)}.`;
  const done = stats.total_calls - stats.in_flight + stats.not_started;
  const of = stats.planned_calls == null ? "" : ` of ${count(stats.planned_calls)}`;
  const troubles = `${count(stats.failed_calls)} failed, ${count(stats.in_flight)} in flight`;
  return `Run ${statusLabel(status)}: ${count(done)}${of} calls done, ${troubles}.`;
}
