// Where telemetry is: the page learns it from a run's links, never from a constant. Pure.

/**
 * The base address of the telemetry service a run is sent to, or null if its links name none.
 * `links.live` is `BASE/runs/RUN/live`, `links.page` is `BASE/?run=RUN`; `own` is this service's base, which is no
 * answer: it only passes streams on.
 */
export function telemetryBase({ links = {}, telemetry = {} }, own) {
  const linked = typeof telemetry?.link === "string" ? telemetry.link : null;
  const found = [links.live, links.events, linked, links.page].filter(Boolean).map((text) => baseOf(text, own));
  return found.find((base) => base !== own) ?? null;
}

/** The part of an address before `runs/...` or the query. */
export function baseOf(text, page) {
  const url = new URL(text, page);
  const path = url.pathname.replace(/runs\/[^/]+(\/(live|events))?$/, "");
  return new URL(path.endsWith("/") ? path : `${path}/`, url.origin).href;
}
