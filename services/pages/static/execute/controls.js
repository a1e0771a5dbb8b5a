// What one may do with a run, by its status: pause, resume, cancel. What the executor refuses is said in its own words.

import { runAction } from "./addresses.js";
import { el, setText, show } from "../dom.js";
import { askJson } from "../problem.js";

const WORDS = {
  pause: ["Pause", "Pausing …"],
  resume: ["Resume", "Resuming …"],
  cancel: ["Cancel the run", "Cancelling …"],
};

const OFFERED = {
  planned: ["pause", "cancel"],
  running: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  cancelling: ["cancel"],
  interrupted: ["resume", "cancel"],
  completed_with_errors: ["resume"],
  failed: ["resume"],
  cancelled: ["resume"],
};

/** What may be done with a run of this status. Pure. */
export const offered = (status) => OFFERED[status] ?? [];

/**
 * The buttons: `nodes`, and `update(status)`. After a click `onDone(status)` is called with the status the executor
 * answered with, or `onRefused(error)`.
 */
export function controls(base, runId, { onDone, onRefused }) {
  const buttons = Object.fromEntries(
    Object.entries(WORDS).map(([action, [text]]) => [
      action,
      el("button", { type: "button", text, hidden: true, data: { action }, on: { click: () => act(action) } }),
    ]),
  );
  let status = null;
  let under = null;

  async function act(action) {
    under = action;
    draw();
    try {
      const answer = await askJson(runAction(base, runId, action), { method: "POST" });
      under = null;
      onDone(answer.status ?? status);
    } catch (error) {
      under = null;
      onRefused(error);
    }
    draw();
  }

  function draw() {
    for (const [action, button] of Object.entries(buttons)) {
      const busy = under === action || (action === "cancel" && status === "cancelling");
      setText(button, WORDS[action][busy ? 1 : 0]);
      show(button, offered(status).includes(action));
      button.disabled = busy || under !== null;
    }
  }

  return {
    nodes: Object.values(buttons),
    update(now) {
      status = now;
      draw();
    },
  };
}
