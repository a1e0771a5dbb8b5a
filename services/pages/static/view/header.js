// Where the run stands, and whether what is shown is fresh.

import { el, setText, show } from "../dom.js";
import { age, phaseLabel, statusLabel } from "../format.js";
import { asOf, hasStopped } from "../stopped.js";
import { showStat } from "./stat.js";

const CONNECTION = {
  connecting: "connecting",
  slow: "connecting",
  live: "live",
  reconnecting: "stats link down",
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
      showStat(status, state.status, standing(state));
      node.toggleAttribute("data-stopped", hasStopped(state));
      setText(reason, state.reason ?? "");
      show(reason, Boolean(state.reason) && state.status !== "running");
      showStat(phase, state.stats?.current_phase ?? state.phase, state.phase ? phaseLabel(state.phase) : "");
      show(phase, Boolean(state.phase));
      connection.dataset.state = state.connection.state;
      setText(connection, connectionWords(state));
      setText(ago, freshness(state, now));
    },
  };
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);

const standing = (state) =>
  state.status === null ? "Connecting …" : asOf(state, sentence(statusLabel(state.status)));

/** How the page hears of the run, in words. Pure. */
export function connectionWords({ connection: { state, downSince }, ...run }) {
  if (state === "slow" && downSince !== null) return CONNECTION.reconnecting;
  if (state === "live" && hasStopped(run)) return "no more events";
  return CONNECTION[state] ?? state;
}

/** How old what is shown is, in words: the newest event, and the last word of the service. */
export function freshness({ connection, lastFrameAt, lastEventAt, eventTime, clockOffsetMs }, now) {
  if (lastFrameAt === null) return connection.retryAt > now ? nextTry(connection, now) : "";
  const happened = eventTime === null ? lastEventAt : Date.parse(eventTime) - (clockOffsetMs ?? 0);
  const event = happened === null ? null : `last event ${age(now - happened)} ago`;
  if (connection.state === "ended") return event ?? "";
  const heard = connection.retryAt > now ? nextTry(connection, now) : `heard ${age(now - lastFrameAt)} ago`;
  return [event, heard].filter(Boolean).join(" · ");
}

const nextTry = ({ retryAt }, now) => `next try in ${age(retryAt - now + 999)}`;
