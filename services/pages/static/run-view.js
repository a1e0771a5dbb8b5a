// Everything that is drawn of one run, from top to bottom.

import { el, setText, show } from "./dom.js";
import { statusLabel } from "./format.js";
import { spoken } from "./notices.js";
import { byModel, byPhase } from "./view/breakdown.js";
import { counters } from "./view/counters.js";
import { errors } from "./view/errors.js";
import { footer } from "./view/footer.js";
import { header } from "./view/header.js";
import { inFlight } from "./view/in-flight.js";
import { logLines } from "./view/log-lines.js";
import { noticeList } from "./view/notice-list.js";
import { progress } from "./view/progress.js";
import { scores } from "./view/scores.js";

/** A screen reader hears the numbers at most this often; a change of the status at once. */
const SPOKEN_EVERY_MS = 15_000;

/** The view: `node`, and `update(state, now, page)` with `page` = `{position, frames, build}`. */
export function runView({ onReopen, onAudit }) {
  const always = [header(), noticeList()];
  const numbered = [progress(), counters()];
  const troubled = [inFlight(), errors()];
  const listed = [scores()];
  const tables = [byPhase(), byModel()];
  const rest = [logLines(), footer({ onReopen, onAudit })];
  const nothing = el("p", { class: "nothing" });
  const said = el("p", { class: "spoken", "aria-live": "polite" });
  const beside = el("div", { class: "beside" }, ...troubled.map(({ node }) => node));
  const nodes = (parts) => parts.map(({ node }) => node);
  let speech = { status: null, at: 0 };

  function speak(state, now) {
    if (state.status === speech.status && now - speech.at < SPOKEN_EVERY_MS) return;
    speech = { status: state.status, at: now };
    setText(said, spoken(state, statusLabel));
  }

  return {
    node: el(
      "article",
      {},
      ...nodes(always),
      nothing,
      ...nodes(numbered),
      beside,
      ...nodes([...listed, ...tables, ...rest]),
      said,
    ),
    update(state, now, page) {
      for (const part of [...always, ...listed, ...rest]) part.update(state, now, page);
      for (const part of [...numbered, ...troubled, ...tables]) {
        show(part.node, state.stats !== null);
        if (state.stats !== null) part.update(state, now, page);
      }
      show(
        beside,
        troubled.some(({ node }) => !node.hidden),
      );
      setText(nothing, absence(state));
      show(nothing, state.stats === null);
      speak(state, now);
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
