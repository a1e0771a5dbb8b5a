// One run by its address: the live element, and the ways to the same data from anywhere else.

import { runEvents, runJson, runLive, runPage as addressOf } from "./addresses.js";
import { copyable } from "./copying.js";
import { el, show } from "./dom.js";
import "./live-stats.js";
import { titled } from "./page-title.js";

/** The nodes of the page of this run. */
export function runPage(base, runId) {
  const live = el("live-stats", { "run-id": runId });
  const first = el(
    "section",
    { class: "panel", hidden: true, data: { role: "first" } },
    el("h2", { text: "Send its first event" }),
    copyable(`curl -d '{"type": "myapp.step", "data": {"n": 1}}' ${runEvents(base, runId)}`),
  );
  live.addEventListener("live-stats:change", () => {
    document.title = titled(runId, live.state);
    show(first, live.state.hello !== null && live.state.status === "waiting");
  });
  return [
    el("div", { class: "row" }, el("h1", { text: runId }), el("a", { href: base, text: "all runs" })),
    live,
    first,
    el(
      "section",
      { class: "panel", "aria-label": "The same from elsewhere" },
      el("h2", { text: "The same from elsewhere" }),
      el("p", { class: "muted", text: "Share this page:" }),
      copyable(addressOf(base, runId)),
      el("p", { class: "muted", text: "Watch it in a terminal:" }),
      copyable(`curl -N '${runLive(base, runId)}'`),
      el("p", { class: "muted", text: "All its events, one JSON line each:" }),
      copyable(`curl '${runEvents(base, runId, { poll: 1 })}'`),
      el("p", {}, el("a", { href: runJson(base, runId), text: "This run as JSON" })),
    ),
  ];
}
