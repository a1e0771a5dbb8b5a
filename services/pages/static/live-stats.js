// <live-stats run-id="RUN" [src="https://telemetry.example/"]>: one run of ACM2, live. Works on any page:
//
//     <script type="module" src="https://telemetry.example/static/live-stats.js"></script>
//     <live-stats run-id="my-run"></live-stats>
//
// Attributes: `run-id`; `src`, the address of the telemetry service (by default the one this script came from);
// `build`, the build the page was made by (by default what <meta name="acm2-build"> says on the service's own page):
// another one in the stream's `hello` is shown as a mismatch; `executor`, the executor's address (by default what its
// sign of life says), asked for the number of waiting events while the stream is away.
//
// A page with a Content-Security-Policy allows the service's origin in script-src, style-src and connect-src.
//
// What others may rely on (the shadow root is open):
// - `[data-stat="NAME"]`: one element for each field of the stats: `total_calls`, `cost_usd`, `duration_s.p50`,
//   `errors` ...; `data-value` is the value as it came: strings as they are, anything else (null, too) as JSON.
// - `[data-stat="status"]`, the run's status, in the same way.
// - `[data-role="connection"]` with `data-state`: connecting, slow, live, reconnecting, paused, refused, ended;
//   `[data-role="age"]`; `[data-role="position"]`; `[data-role="audit"]` with `data-state`: running, equal, different,
//   impossible.
// - `[data-role="comparisons"]` with `[data-role="ranking"]` and `[data-role="head-to-head"]`; `[data-role="models"]`;
//   `[data-role="winners"]`; `[data-role="budget"]`: pairs as they are judged, and what follows from them.
// - `[data-notice="ID"]` with `data-level`: what must be told (link, producer, stopped, unaccounted, build ...).
// - `element.look()`: look at once whether a run that has ended has been resumed.
// - `element.state`: all that is known (state.js). The event `live-stats:change` bubbles after every change of it.

import { asBase, baseOf, runRejected } from "./addresses.js";
import { el } from "./dom.js";
import { runView } from "./run-view.js";
import { RunWatch } from "./run-watch.js";
import { whileSeen } from "./while-seen.js";

const STYLES = ["tokens", "base", "standing", "numbers", "lists", "figures"].map(
  (name) => new URL(`./styles/${name}.css`, import.meta.url).href,
);
const TICK_MS = 1000;

export class LiveStats extends HTMLElement {
  static observedAttributes = ["run-id", "src", "executor"];

  #watch = null;
  #view = null;
  #tick = null;
  #links = {};
  #unseen = () => {};

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    this.#view = runView({ onReopen: () => this.#watch?.reopen(), onAudit: () => this.#watch?.check() });
    root.append(...this.#stylesheets(), this.#view.node);
  }

  /** The links; what is drawn shows when all have come, or could not: plain is better than nothing. */
  #stylesheets() {
    let missing = STYLES.length;
    const come = () => {
      missing -= 1;
      this.#view.node.hidden = missing > 0;
    };
    this.#view.node.hidden = true;
    return STYLES.map((href) => el("link", { rel: "stylesheet", href, on: { load: come, error: come } }));
  }

  /** All that is known of the run, or null before there is one to watch. */
  get state() {
    return this.#watch?.state ?? null;
  }

  /** Look at once whether a run that has ended goes on; by itself it looks every now and then. */
  look() {
    this.#watch?.look();
  }

  connectedCallback() {
    this.#start();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback(_name, before, after) {
    if (before === after || !this.isConnected) return;
    this.#stop();
    this.#start();
  }

  #start() {
    const runId = this.getAttribute("run-id");
    if (!runId || this.#watch) return;
    const src = this.getAttribute("src");
    const base = src ? asBase(src, document.baseURI) : baseOf(import.meta.url);
    const executor = this.getAttribute("executor");
    this.#links = { rejected: runRejected(base, runId) };
    this.#watch = new RunWatch({ base, runId, executor, onChange: () => this.#changed() });
    this.#tick = setInterval(() => this.#draw(), TICK_MS);
    const watch = this.#watch;
    this.#unseen = whileSeen({ resume: () => watch.resume(), pause: () => watch.pause() });
  }

  #stop() {
    this.#watch?.stop();
    this.#watch = null;
    this.#unseen();
    clearInterval(this.#tick);
  }

  #changed() {
    this.#draw();
    this.dispatchEvent(new CustomEvent("live-stats:change", { bubbles: true, composed: true }));
  }

  #draw() {
    if (!this.#watch) return;
    const page = { ...this.#watch.account, build: this.#build(), links: this.#links };
    this.#watch.drawFaults = this.#view.update(this.#watch.state, Date.now(), page);
  }

  #build() {
    const said = this.getAttribute("build");
    if (said || new URL(import.meta.url).origin !== location.origin) return said;
    const meta = document.querySelector('meta[name="acm2-build"]')?.content;
    // A file that nobody filled in says nothing.
    return meta && !meta.startsWith("{") ? meta : null;
  }
}

if (!customElements.get("live-stats")) customElements.define("live-stats", LiveStats);
