// The states of a run, its phases, and which events move it. The same table as shared/status.py and shared/events.py.

/** Phases in the order a run goes through them. */
export const PHASES = ["generation", "single_eval", "pairwise_eval", "combine", "post_combine_eval"];

/** The status each event leads to; `run_finished` names its own. */
export const STATUS_AFTER = {
  run_planned: "planned",
  run_started: "running",
  run_paused: "paused",
  run_cancelling: "cancelling",
  run_interrupted: "interrupted",
  run_resumed: "running",
};

/** A run in one of these is over, unless somebody resumes it. */
export const FINAL = new Set(["completed", "completed_with_errors", "failed", "cancelled"]);
