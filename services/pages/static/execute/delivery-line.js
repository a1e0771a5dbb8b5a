// Whether what this executor does arrives at telemetry, in words. Pure but for the node.

import { el, setText, show } from "../dom.js";
import { clock, duration, plural } from "../format.js";

const LATE_S = 5;

/** The lines to show for `telemetry` and `storage` of `GET /runs/{id}`: `[{level, text}]`. */
export function deliveryWords({ telemetry, storage }) {
  const told = [];
  const { link, pending = 0, oldest_pending_s: oldest, discarded, stopped, reconciled, trouble } = telemetry ?? {};
  if (storage && storage !== "ok") {
    told.push({
      level: "error",
      text: `This executor cannot store what it does: ${storage}. It makes no new request.`,
    });
  }
  if (stopped) told.push({ level: "error", text: `Telemetry takes no more of this run: ${stopped}.` });
  if (link?.state === "down") {
    const why = link.reason ? ` (${link.reason})` : "";
    const text = `stats link down since ${clock(link.since)}, ${plural(pending, "event")} waiting${why}. The run goes on.`;
    told.push({ level: "warning", text });
  } else if (trouble) {
    told.push({
      level: "warning",
      text: `${plural(pending, "event")} waiting for telemetry (${trouble}). The run goes on.`,
    });
  } else if (pending && oldest >= LATE_S) {
    told.push({
      level: "info",
      text: `${plural(pending, "event")} waiting to be sent, the oldest for ${duration(oldest)}.`,
    });
  }
  if (discarded) told.push({ level: "warning", text: `${plural(discarded, "event")} had to be dropped.` });
  if (reconciled && !reconciled.equal) {
    told.push({ level: "error", text: "Telemetry's log of this run differs from the executor's." });
  }
  return told;
}

/** The lines: `node`, and `update(run)`. */
export function deliveryLine() {
  const node = el("div", { class: "choose", role: "status", hidden: true, data: { role: "delivery" } });
  return {
    node,
    update(run) {
      const told = deliveryWords(run);
      show(node, told.length > 0);
      while (node.children.length > told.length) node.lastChild.remove();
      while (node.children.length < told.length) node.append(el("p", { class: "told" }));
      told.forEach(({ level, text }, index) => {
        node.children[index].dataset.level = level;
        setText(node.children[index], text);
      });
    },
  };
}
