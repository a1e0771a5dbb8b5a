// How sure the page is of what it shows: the check of the whole log, the place in it, and a way to ask again.

import { el, setText, show } from "../dom.js";
import { plural } from "../format.js";

/** The footer: `node`, and `update(state, now, {position, frames})`; the buttons call `onReopen` and `onAudit`. */
export function footer({ onReopen, onAudit }) {
  const checked = el("span", { class: "audit", data: { role: "audit" } });
  const check = el("button", { type: "button", text: "Check the whole log here", on: { click: onAudit } });
  const place = el("span", { class: "muted", data: { role: "position" } });
  const again = el("button", { type: "button", text: "Ask again", data: { role: "reopen" }, on: { click: onReopen } });
  const node = el("footer", {}, checked, check, place, again);
  return {
    node,
    update({ audit, end, connection }, _now, { position, frames }) {
      checked.dataset.state = audit?.state ?? "";
      setText(checked, audit?.text ?? "");
      show(checked, audit !== null);
      show(check, end !== null && audit === null && end.status !== "deleted");
      setText(
        place,
        position ? `at ${position}, ${plural(frames, "frame")} received` : `${plural(frames, "frame")} received`,
      );
      show(again, connection.state === "ended" || connection.state === "refused");
    },
  };
}
