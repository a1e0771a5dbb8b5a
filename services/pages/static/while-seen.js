// A page holds its stream while somebody looks at it.

/**
 * A hidden tab gives its stream back after this: over all tabs a browser opens six connections to one host, and with six
 * streams the next page would not even load.
 */
const HIDDEN_LIMIT_MS = 5_000;

/**
 * `resume()` is called when the page is looked at or come back to, `pause()` when it has been hidden for a while or is
 * left; both may be called again at any time. What is returned ends it.
 */
export function whileSeen({ resume, pause }) {
  const listening = new AbortController();
  const { signal } = listening;
  let waiting = null;

  function look() {
    clearTimeout(waiting);
    if (document.hidden) waiting = setTimeout(pause, HIDDEN_LIMIT_MS);
    else resume();
  }

  addEventListener("pagehide", pause, { signal });
  addEventListener("pageshow", resume, { signal });
  document.addEventListener("visibilitychange", look, { signal });
  resume();
  look();
  return () => {
    listening.abort();
    clearTimeout(waiting);
  };
}
