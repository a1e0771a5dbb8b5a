// A page holds its stream while somebody looks at it, and looks at once when it comes back from wherever it was.

/**
 * A hidden tab gives its stream back after this: over all tabs a browser opens six connections to one host, and with six
 * streams the next page would not even load.
 */
const HIDDEN_LIMIT_MS = 5_000;

const TICK_MS = 1_000;
/** A clock that jumps by more than this stood still: the machine slept, or the page was frozen. */
const SLEPT_MS = 4_000;

/**
 * `resume()` is called when the page is looked at or come back to, when the network is back and when the machine wakes
 * up; `pause()` when the page has been hidden for a while, is frozen or left. Both may be called again at any time. What
 * is returned ends it.
 */
export function whileSeen({ resume, pause }) {
  const listening = new AbortController();
  const { signal } = listening;
  let waiting = null;
  let ticked = Date.now();

  function look() {
    clearTimeout(waiting);
    if (document.hidden) waiting = setTimeout(pause, HIDDEN_LIMIT_MS);
    else resume();
  }

  const ticking = setInterval(() => {
    const slept = Date.now() - ticked > SLEPT_MS;
    ticked = Date.now();
    if (slept && !document.hidden) resume();
  }, TICK_MS);

  addEventListener("pagehide", pause, { signal });
  addEventListener("pageshow", resume, { signal });
  addEventListener("online", look, { signal });
  document.addEventListener("freeze", pause, { signal });
  document.addEventListener("resume", look, { signal });
  document.addEventListener("visibilitychange", look, { signal });
  resume();
  look();
  return () => {
    listening.abort();
    clearTimeout(waiting);
    clearInterval(ticking);
  };
}
