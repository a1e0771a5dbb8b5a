// One run: watched through telemetry's element, cancelled from here, its results below.

import { runCancel, runJson, runResults } from "./addresses.js";
import { el, setText, show } from "../dom.js";
import { telemetryBase } from "./links.js";
import { ownNumbers } from "./own-numbers.js";
import { askJson } from "../problem.js";
import { resultsView } from "./results-view.js";
import { toldBox } from "./told.js";

const FINAL = new Set(["completed", "completed_with_errors", "failed", "cancelled"]);
const ASK_EVERY_MS = 2000;
const SCRIPT_LIMIT_MS = 10_000;

/** The nodes of this run's page. */
export function runPage(base, runId) {
  const cancel = el("button", { type: "button", text: "Cancel the run", hidden: true });
  const elsewhere = el("a", { text: "page to share", hidden: true });
  const place = el("div", { data: { role: "live" } });
  const told = toldBox();
  const results = resultsView();
  const page = { base, runId, cancel, elsewhere, place, told, results, status: null };

  cancel.addEventListener("click", async () => {
    cancel.disabled = true;
    setText(cancel, "Cancelling …");
    try {
      await askJson(runCancel(base, runId), { method: "POST" });
    } catch (error) {
      told.tell(error);
      setText(cancel, "Cancel the run");
    }
    cancel.disabled = false;
  });
  begin(page).catch((error) => told.tell(error));
  document.title = `${runId} · ACM2`;
  return [
    el(
      "div",
      { class: "row" },
      el("h1", { text: runId }),
      el("div", { class: "buttons" }, elsewhere, el("a", { href: base, text: "all runs" }), cancel),
    ),
    told.node,
    place,
    results.node,
  ];
}

async function begin(page) {
  const run = await askJson(runJson(page.base, page.runId));
  isNow(page, run.status);
  refreshResults(page);
  const telemetry = telemetryBase(run, page.base);
  if (run.links?.page) {
    page.elsewhere.href = run.links.page;
    show(page.elsewhere, true);
  }
  try {
    if (telemetry === null) throw new Error("the run names no telemetry service");
    await Promise.race([import(new URL("static/live-stats.js", telemetry).href), tooLong()]);
  } catch {
    withoutTelemetry(page, run, telemetry);
    return;
  }
  const live = el("live-stats", { "run-id": page.runId, src: telemetry });
  let scores = 0;
  live.addEventListener("live-stats:change", () => {
    // What telemetry has not heard of yet is known here.
    if (live.state.hello && live.state.status !== "waiting") isNow(page, live.state.status);
    if (live.state.scores.length === scores) return;
    scores = live.state.scores.length;
    refreshResults(page);
  });
  page.place.replaceChildren(live);
}

const tooLong = () =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("telemetry takes too long")), SCRIPT_LIMIT_MS));

function withoutTelemetry(page, run, telemetry) {
  const where =
    telemetry === null ? "No telemetry address is known" : `The live view could not be loaded from ${telemetry}`;
  const text =
    `${where}. Check that the telemetry service runs, that this browser can reach it, and that its address is what ` +
    "ACM2_TELEMETRY_PUBLIC_URL says. The run goes on; below are the executor's own numbers.";
  const numbers = ownNumbers();
  page.place.replaceChildren(
    el("p", { class: "told", role: "alert", text, data: { role: "no-telemetry" } }),
    numbers.node,
  );
  numbers.update(run);
  const ask = async () => {
    if (!document.hidden) {
      try {
        const now = await askJson(runJson(page.base, page.runId));
        numbers.update(now);
        isNow(page, now.status);
        page.told.clear();
        refreshResults(page);
      } catch (error) {
        page.told.tell(error);
      }
    }
    if (!FINAL.has(page.status)) setTimeout(ask, ASK_EVERY_MS);
  };
  if (!FINAL.has(run.status)) setTimeout(ask, ASK_EVERY_MS);
}

function isNow(page, status) {
  if (status === page.status) return;
  page.status = status;
  show(page.cancel, !FINAL.has(status));
  if (!FINAL.has(status)) return;
  // What came out is what one wants to see of a run that is over.
  page.place.before(page.results.node);
  refreshResults(page);
}

/** Ask for the results, at most every two seconds; what changed meanwhile is asked for afterwards. */
function refreshResults(page) {
  page.wanted = true;
  if (page.asking) return;
  page.asking = true;
  page.wanted = false;
  askJson(runResults(page.base, page.runId))
    .then(
      (results) => page.results.update(results),
      (error) => page.told.tell(error),
    )
    .then(() => new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS)))
    .then(() => {
      page.asking = false;
      if (page.wanted) refreshResults(page);
    });
}
