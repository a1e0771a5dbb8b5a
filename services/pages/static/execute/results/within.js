// "The cheapest model within x of the best", x as one likes it.

import { runResults } from "../addresses.js";
import { el, setText } from "../../dom.js";
import { askJson } from "../../problem.js";

const TYPING_PAUSE_MS = 300;

/** The part: `node`, `within` (null until somebody has chosen it), and `update(results)`. */
export function within(base, runId) {
  const far = el("input", { type: "number", min: "0", max: "5", step: "any", id: "within", class: "short" });
  const line = el("p", { class: "answer", role: "status", data: { role: "cheapest" } });
  const node = el(
    "div",
    { class: "choose", hidden: true },
    el("label", { for: "within", class: "choice" }, "Cheapest model within", far, "of the best"),
    line,
  );
  let chosen = null;
  let typing = null;
  let asked = 0;

  async function ask() {
    asked += 1;
    const mine = asked;
    chosen = far.value !== "" && far.checkValidity() ? far.value : null;
    try {
      const { cheapest_within: found } = await askJson(runResults(base, runId, { within: chosen }));
      if (mine === asked) setText(line, found?.line ?? "");
    } catch (error) {
      if (mine === asked) setText(line, error.message);
    }
  }

  far.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(ask, TYPING_PAUSE_MS);
  });
  return {
    node,
    get within() {
      return chosen;
    },
    update({ cheapest_within: found }) {
      node.hidden = !found;
      if (!found) return;
      setText(line, found.line);
      if (chosen === null && document.activeElement !== far) far.value = found.within;
    },
  };
}
