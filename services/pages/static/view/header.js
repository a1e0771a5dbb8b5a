// Where the run stands, and whether what is shown is fresh.

import { el, setText, show } from "../dom.js";
import { age, phaseLabel, statusLabel } from "../format.js";
import { showStat } from "./stat.js";

const CONNECTION = {
  connecting: "connecting",
  slow: "connecting",
  live: "live",
  stale: "stale",
  reconnecting: "reconnecting",
  paused: "paused while hidden",
  refused: "refused",
  ended: "ended",
};

/** The header: `node`, and `update(state, now)`. */
export function header() {
  const status = el("span", { class: "status", data: { stat: "status", role: "status" } });
  const reason = el("span", { class: "muted", data: { role: "reason" } });
  const phase = el("span", { class: "phase", data: { stat: "current_phase" } });
  const connection = el("span", { class: "connection", data: { role: "connection" } });
  const ago = el("span", { class: "ago", data: { role: "age" } });
  const node = el(
    "header",
    {},
    el("div", { class: "standing" }, status, reason, phase),
    el("div", { class: "link" }, connection, ago),
  );
  return {
    node,
    update(state, now) {
      status.dataset.status = state.status;
      showStat(status, state.status, sentence(statusLabel(state.status)));
      setText(reason, state.reason ?? "");
      show(reason, Boolean(state.reason) && state.status !== "running");
      showStat(phase, state.stats?.current_phase ?? state.phase, state.phase ? phaseLabel(state.phase) : "");
      show(phase, Boolean(state.phase));
      connection.dataset.state = state.connection.state;
      setText(connection, CONNECTION[state.connection.state] ?? state.connection.state);
      setText(ago, freshness(state, now));
    },
  };
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);

/** How old what is shown is, in words. */
export function freshness({ connection, lastFrameAt }, now) {
  if (connection.retryAt !== null && connection.retryAt > now)
    return `next try in ${age(connection.retryAt - now + 999)}`;
  if (lastFrameAt === null || connection.state === "ended") return "";
  return `last heard ${age(now - lastFrameAt)} ago`;
}
