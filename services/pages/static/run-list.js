// The list of runs as data: pages of it come by GET, changes by the stream. Pure.

/** Nothing known yet. `runs` is newest first; `more` is what to ask for the next page before, or null. */
export const NO_RUNS = Object.freeze({ runs: [], more: null, loaded: false });

/**
 * The list with one more page of `GET /runs`. What the stream said of a run is newer than the page, so it stays; a run
 * that only the stream has told of so far stays above the pages.
 */
export function withPage(list, { runs, next }) {
  const known = new Map(list.runs.map((run) => [run.run_id, run]));
  const paged = runs.map((run) => ({ ...run, ...known.get(run.run_id), paged: true }));
  const here = new Set(runs.map(({ run_id: id }) => id));
  const others = list.runs.filter(({ run_id: id }) => !here.has(id));
  const above = others.filter((run) => !run.paged);
  const before = others.filter((run) => run.paged);
  return { runs: [...above, ...before, ...paged], more: next ?? null, loaded: true };
}

/** The list with a frame of the summary stream; a run nobody has told of before comes first, a deleted one goes. */
export function withFrame(list, { run_id: id, type, ...told }) {
  if (!id || (type !== "status_update" && type !== "fpf_stats_update")) return list;
  if (told.status === "deleted") return { ...list, runs: list.runs.filter((run) => run.run_id !== id) };
  const at = list.runs.findIndex((run) => run.run_id === id);
  if (at === -1) return { ...list, runs: [{ run_id: id, ...told }, ...list.runs] };
  return { ...list, runs: list.runs.map((run, index) => (index === at ? { ...run, ...told } : run)) };
}

const TONES = {
  running: "run",
  open: "run",
  completed: "ok",
  failed: "bad",
  completed_with_errors: "warn",
  interrupted: "warn",
  cancelling: "warn",
  paused: "warn",
};

/** The colour family of a status. */
export const toneOf = (status) => TONES[status] ?? "other";
