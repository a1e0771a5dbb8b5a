// All runs, newest first, changing as they go; without any, how to start one.

import { runList, runPage, summaryLive } from "./addresses.js";
import { copyable } from "./copying.js";
import { el, setText, show, syncChildren } from "./dom.js";
import { clock, count, day, money, plural, statusLabel } from "./format.js";
import { UNREADABLE } from "./frames.js";
import { askJson } from "./problem.js";
import { givenUp, goneThrough } from "./progress-words.js";
import { NO_RUNS, toneOf, withFrame, withPage } from "./run-list.js";
import { Stream } from "./stream.js";
import { askWhy } from "./verdict.js";
import { whileSeen } from "./while-seen.js";

const PAGE_SIZE = 50;
const DRAW_EVERY_MS = 250;

/** The nodes of the list's page; it keeps itself up to date. */
export function runListPage(base) {
  let list = NO_RUNS;
  let drawing = null;
  const connection = el("span", { class: "muted", data: { role: "connection" } });
  const told = el("p", { class: "told", "aria-live": "polite", hidden: true });
  const unread = el("p", { class: "told", role: "status", hidden: true, data: { role: "unread" } });
  let unreadable = 0;
  const rows = el("ul", { class: "runs", data: { role: "runs" } });
  const more = el("button", { type: "button", text: "Load more", hidden: true });
  const panel = el("section", { class: "panel", "aria-label": "Runs", hidden: true }, rows, more);
  const start = howToStart(base);

  function draw() {
    drawing = null;
    show(panel, list.runs.length > 0);
    show(start, list.loaded && list.runs.length === 0);
    show(more, list.more !== null);
    syncChildren(rows, list.runs, { key: ({ run_id: id }) => id, make: (run) => row(base, run), update: drawOrTell });
  }

  function changed(next) {
    list = next;
    drawing ??= setTimeout(draw, DRAW_EVERY_MS);
  }

  async function load() {
    more.disabled = true;
    try {
      const query = list.more === null ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, before: list.more };
      const page = await askJson(runList(base, query));
      list = withPage(list, page);
      show(told, false);
    } catch (refused) {
      setText(told, refused.message);
      show(told, true);
    }
    more.disabled = false;
    draw();
  }

  /** What cannot be read or drawn is counted and told; the other runs go on. */
  function countUnread(why) {
    unreadable += 1;
    setText(unread, `${plural(unreadable, "message")} could not be read or shown: ${why}.`);
    show(unread, true);
  }

  function drawOrTell(node, run) {
    try {
      drawRow(node, run);
    } catch (error) {
      countUnread(`${run.run_id}, ${error}`);
    }
  }

  const stream = new Stream({
    address: () => summaryLive(base),
    askWhy: () => askWhy(runList(base, { limit: 1 }), (...request) => fetch(...request)),
    onFrame: (frame) => (frame.type === UNREADABLE ? countUnread(frame.detail) : changed(withFrame(list, frame))),
    onConnection: ({ state, downSince }) => {
      connection.dataset.state = state;
      const down = downSince === null ? null : `link down since ${clock(downSince)}`;
      setText(connection, down ?? (state === "live" ? "live" : `${state} …`));
    },
  });
  more.addEventListener("click", load);
  const resume = () => {
    stream.open();
    stream.wake();
  };
  whileSeen({ resume, pause: () => stream.pause() });
  load();
  return [el("div", { class: "row" }, el("h1", { text: "Runs" }), connection), told, unread, panel, start];
}

function row(base, { run_id: id }) {
  const bar = el(
    "div",
    { class: "thin" },
    ...["ok", "bad", "flight", "rest"].map((name) => el("span", { class: name })),
  );
  return el(
    "li",
    {},
    el("a", { href: runPage(base, id), text: id }),
    el("span", { class: "pill" }),
    el("span", { class: "muted numbers" }),
    bar,
  );
}

function drawRow(node, { status, stats, first_time: began }) {
  const [, pill, numbers, bar] = node.children;
  pill.dataset.tone = toneOf(status);
  setText(pill, statusLabel(status));
  setText(numbers, [began ? day(began) : null, stats ? inWords(stats) : null].filter(Boolean).join(" · "));
  show(bar, Boolean(stats?.planned_calls));
  if (!stats?.planned_calls) return;
  const { successful_calls: ok, failed_calls: failed, in_flight: flight, planned_calls: planned } = stats;
  const bad = failed + stats.cancelled_calls + stats.lost_calls + stats.not_started;
  [ok, bad, flight, Math.max(0, planned - ok - bad - flight)].forEach((share, index) =>
    fill(bar.children[index], share),
  );
}

function fill(part, share) {
  part.style.setProperty("flex-grow", share);
  show(part, share > 0);
}

/** A run's numbers in one line. Pure. */
export function inWords(stats) {
  const done = goneThrough(stats);
  const parts = [
    stats.planned_calls === null ? plural(done, "call") : `${count(done)} of ${plural(stats.planned_calls, "call")}`,
  ];
  if (stats.failed_calls) parts.push(`${count(stats.failed_calls)} failed`);
  if (givenUp(stats)) parts.push(givenUp(stats));
  if (stats.retries) parts.push(`${count(stats.retries)} retried`);
  if (stats.cost_usd) parts.push(money(stats.cost_usd));
  return parts.join(" · ");
}

function howToStart(base) {
  const address = new URL("runs/my-run/events", base).href;
  return el(
    "section",
    { class: "panel", hidden: true, data: { role: "empty" } },
    el("h2", { text: "No runs yet" }),
    el("p", { text: "Run the demo: a small model on this machine writes and judges a few documents." }),
    copyable("acm2 demo"),
    el("p", { text: "Or send an event from anywhere; the first one makes the run." }),
    copyable(`curl -d '{"type": "myapp.step", "data": {"n": 1}}' ${address}`),
    el(
      "p",
      {},
      "Then ",
      el("a", { href: runPage(base, "my-run"), text: "watch my-run" }),
      ": it may be opened before the first event, and waits for it.",
    ),
  );
}
