// Telemetry's own element, fetched from where the run's links say it is; asked for again while it cannot be had.

const SCRIPT_LIMIT_MS = 10_000;

/** Load the element's script; `times` counts the tries: a browser remembers a module that could not be had. */
export async function loadElement(telemetry, times) {
  const script = new URL("static/live-stats.js", telemetry);
  if (times > 1) script.searchParams.set("try", times);
  await Promise.race([import(script.href), tooLong()]);
}

const tooLong = () =>
  new Promise((_, reject) => setTimeout(() => reject(new Error("telemetry takes too long")), SCRIPT_LIMIT_MS));
