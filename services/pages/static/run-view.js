// Everything that is drawn of one run, from top to bottom. A part that cannot be drawn is said to be so and does not
// keep the others from being drawn.

import { el, setText, show } from "./dom.js";
import { plural, statusLabel } from "./format.js";
import { spoken } from "./notices.js";
import { byModel, byPhase } from "./view/breakdown.js";
import { budget } from "./view/budget.js";
import { comparisons } from "./view/comparisons.js";
import { counters } from "./view/counters.js";
import { errors } from "./view/errors.js";
import { footer } from "./view/footer.js";
import { header } from "./view/header.js";
import { inFlight, waitingCalls } from "./view/in-flight.js";
import { logLines } from "./view/log-lines.js";
import { noticeList } from "./view/notice-list.js";
import { progress } from "./view/progress.js";
import { rejected } from "./view/rejected.js";
import { scores } from "./view/scores.js";
import { modelRanking, winners } from "./view/standings.js";

/** A screen reader hears the numbers at most this often; a change of the status at once. */
const SPOKEN_EVERY_MS = 15_000;

const part = (name, { node, update }) => ({ name, node, update });

/**
 * The view: `node`, and `update(state, now, page)` with `page` = `{position, frames, build, links}`; it returns how often
 * a part could not be drawn so far.
 */
export function runView({ onReopen, onAudit }) {
  const always = [part("header", header()), part("notices", noticeList())];
  const numbered = [part("progress", progress()), part("budget", budget()), part("counters", counters())];
  const held = part("calls held back", waitingCalls());
  const troubled = [part("calls in flight", inFlight()), held, part("errors", errors())];
  const ranked = [part("winners", winners()), part("ranking of models", modelRanking())];
  const judged = [part("ranking and comparisons", comparisons()), part("scores", scores())];
  const listed = [part("refused events", rejected()), ...ranked, ...judged];
  const tables = [part("phases", byPhase()), part("models", byModel())];
  const rest = [part("log", logLines()), part("footer", footer({ onReopen, onAudit }))];
  const nothing = el("p", { class: "nothing" });
  const said = el("p", { class: "spoken", "aria-live": "polite" });
  const faulty = el("p", { class: "notice", role: "status", hidden: true, data: { level: "error" } });
  const beside = el("div", { class: "beside" }, ...troubled.map(({ node }) => node));
  const nodes = (parts) => parts.map(({ node }) => node);
  const faults = new Map();
  let count = 0;
  let speech = { status: null, at: 0 };

  function attempt(name, state, draw) {
    try {
      draw();
    } catch (error) {
      const known = faults.get(name);
      // The clock alone draws the same again each second: one fault, not many.
      if (known?.state !== state) count += 1;
      if (known?.text !== String(error)) console.warn(`live-stats: ${name} could not be drawn`, error);
      faults.set(name, { text: String(error), state });
    }
  }

  function speak(state, now) {
    if (state.status === speech.status && now - speech.at < SPOKEN_EVERY_MS) return;
    speech = { status: state.status, at: now };
    setText(said, spoken(state, statusLabel));
  }

  function confess() {
    show(faulty, count > 0);
    if (count === 0) return;
    faulty.dataset.notice = "draw";
    const why = [...faults].map(([name, { text }]) => `${name} (${text})`).join(", ");
    setText(faulty, `${plural(count, "time")} this page could not draw a part of itself: ${why}. The rest goes on.`);
    faulty.dataset.count = count;
  }

  return {
    node: el(
      "article",
      {},
      ...nodes(always),
      faulty,
      nothing,
      ...nodes(numbered),
      beside,
      ...nodes([...listed, ...tables, ...rest]),
      said,
    ),
    update(state, now, page) {
      for (const { name, update } of [...always, ...listed, ...rest])
        attempt(name, state, () => update(state, now, page));
      for (const { name, node, update } of [...numbered, ...troubled, ...tables]) {
        show(node, state.stats !== null);
        if (state.stats !== null) attempt(name, state, () => update(state, now, page));
      }
      show(
        beside,
        troubled.some(({ node }) => !node.hidden),
      );
      setText(nothing, absence(state));
      show(nothing, state.stats === null);
      attempt("spoken summary", state, () => speak(state, now));
      confess();
      return count;
    },
  };
}

/** What stands where no numbers are: why, in words. */
function absence({ status, hello, connection }) {
  if (connection.state === "refused" || status === "deleted") return "There is nothing to show.";
  if (!hello) return "Connecting …";
  return status === "waiting"
    ? "No event of this run has come yet; it shows here with the first one."
    : "Waiting for the numbers …";
}
