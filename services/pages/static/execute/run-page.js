// One run: watched through telemetry's element, steered from here, its results below. The executor is asked every few
// seconds for what only it knows: whether telemetry hears of the run, and its own numbers while it does not.

import { runJson, runResults } from "./addresses.js";
import { controls } from "./controls.js";
import { deliveryLine } from "./delivery-line.js";
import { el, setText, show } from "../dom.js";
import { CONTRACT } from "../frames.js";
import { telemetryBase } from "./links.js";
import { ownNumbers } from "./own-numbers.js";
import { askJson } from "../problem.js";
import { resultsView } from "./results-view.js";
import { FINAL } from "../run-status.js";
import { loadElement } from "./telemetry-element.js";
import { toldBox } from "./told.js";

const ASK_EVERY_MS = 2_000;
/** A run that is over may be resumed from elsewhere. */
const ASK_AFTER_END_MS = 10_000;

/** The nodes of this run's page. */
export function runPage(base, runId) {
  const page = {
    base,
    runId,
    elsewhere: el("a", { text: "page to share", hidden: true }),
    place: el("div", { data: { role: "live" } }),
    without: el("p", { class: "told", role: "alert", hidden: true, data: { role: "no-telemetry" } }),
    mismatch: el("p", { class: "told", role: "alert", hidden: true, data: { role: "mismatch", level: "error" } }),
    told: toldBox(),
    refused: toldBox(),
    unshown: toldBox(),
    results: resultsView(base, runId),
    numbers: ownNumbers(),
    delivery: deliveryLine(),
    live: null,
    loads: 0,
    run: null,
    status: null,
    timer: null,
    /** How often the run was steered from here: an answer to a question asked before is old. */
    steered: 0,
  };
  page.controls = controls(base, runId, {
    onDone: (status) => {
      page.steered += 1;
      page.refused.clear();
      isNow(page, status);
      ask(page);
    },
    onRefused: (error) => page.refused.tell(error),
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask(page);
  });
  document.title = `${runId} · ACM2`;
  ask(page);
  return [
    el(
      "div",
      { class: "row" },
      el("h1", { text: runId }),
      el(
        "div",
        { class: "buttons" },
        page.elsewhere,
        el("a", { href: base, text: "all runs" }),
        ...page.controls.nodes,
      ),
    ),
    page.refused.node,
    page.told.node,
    page.delivery.node,
    page.mismatch,
    page.without,
    page.numbers.node,
    page.place,
    page.unshown.node,
    page.results.node,
  ];
}

/** Ask the executor now, and again later; one question at a time. */
async function ask(page) {
  clearTimeout(page.timer);
  if (page.questioned) return;
  page.questioned = true;
  if (!document.hidden || page.run === null) {
    const before = page.steered;
    try {
      const run = await askJson(runJson(page.base, page.runId));
      if (before === page.steered) heard(page, run);
      page.told.clear();
    } catch (error) {
      page.told.tell(error);
    }
  }
  page.questioned = false;
  page.timer = setTimeout(() => ask(page), FINAL.has(page.status) ? ASK_AFTER_END_MS : ASK_EVERY_MS);
}

function heard(page, run) {
  const known = page.run;
  page.run = run;
  page.delivery.update(run);
  page.numbers.update(run);
  isNow(page, run.status);
  if (run.links?.page) {
    page.elsewhere.href = run.links.page;
    show(page.elsewhere, true);
  }
  if (page.live === null) watch(page);
  drawAway(page);
  const judged = (one) => one?.stats?.successful_calls;
  if (known === null || judged(known) !== judged(run)) refreshResults(page);
}

/** Get telemetry's element, once; until it is there, every answer of the executor is a new try. */
async function watch(page) {
  if (page.loading) return;
  page.loading = true;
  const telemetry = telemetryBase(page.run, page.base);
  try {
    if (telemetry === null) throw new Error("the run names no telemetry service");
    page.loads += 1;
    await loadElement(telemetry, page.loads);
    page.live = el("live-stats", { "run-id": page.runId, src: telemetry, executor: page.base });
    page.live.addEventListener("live-stats:change", () => changed(page));
    page.place.replaceChildren(page.live);
    show(page.without, false);
  } catch {
    const where =
      telemetry === null ? "No telemetry address is known" : `The live view could not be loaded from ${telemetry}`;
    const text =
      `${where}. Check that the telemetry service runs, that this browser can reach it, and that its address is what ` +
      "ACM2_TELEMETRY_PUBLIC_URL says. The run goes on; below are the executor's own numbers.";
    setText(page.without, text);
    show(page.without, true);
  }
  page.loading = false;
  drawAway(page);
}

function changed(page) {
  const { state } = page.live;
  const { hello, connection, scores, status } = state;
  drawAway(page);
  compareContracts(page, hello);
  // The executor knows best how its run stands; what telemetry hears of is a reason to ask it.
  const news = `${connection.downSince} ${status} ${hello?.build}`;
  if (news !== page.news) {
    page.news = news;
    ask(page);
  }
  if (scores.length === page.scores) return;
  page.scores = scores.length;
  refreshResults(page);
}

/** The executor's own numbers show while telemetry's are missing or old. */
function drawAway(page) {
  const connection = page.live?.state?.connection;
  const down = page.run?.telemetry?.link?.state === "down";
  show(page.numbers.node, page.run !== null && (!page.live || down || Boolean(connection?.downSince)));
}

function compareContracts({ mismatch }, hello) {
  const differs = hello !== null && hello.contract !== CONTRACT;
  show(mismatch, differs);
  if (differs) {
    const text = `This executor speaks contract ${CONTRACT}, telemetry ${hello.contract}: update both to the same version.`;
    setText(mismatch, text);
  }
}

function isNow(page, status) {
  page.controls.update(status);
  if (status === page.status) return;
  page.status = status;
  if (!FINAL.has(status)) {
    page.live?.look?.();
    return;
  }
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
  askJson(runResults(page.base, page.runId, { within: page.results.within }))
    .then((results) => page.results.update(results))
    .then(
      () => page.unshown.clear(),
      (error) => page.unshown.tell({ ...error, message: `The results cannot be shown: ${error.message}` }),
    )
    .then(() => new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS)))
    .then(() => {
      page.asking = false;
      if (page.wanted) refreshResults(page);
    });
}
