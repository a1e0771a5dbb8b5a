// Every name a stream can say, once. A test holds these tables to the services' own.

/** The version of the public contract this page speaks; `hello` carries the service's. */
export const CONTRACT = "1";

/** Frames that tell about the run and the stream itself. */
export const STATE_FRAMES = ["hello", "status_update", "fpf_stats_update", "heartbeat", "gap", "drain", "end"];

/** Events the live stream sends one by one, none skipped; so are all types with a dot. */
export const SINGLE_TYPES = ["log", "alert", "score_recorded", "pair_judged", "ranking_changed"];

/** Stands in for a frame that is not what the contract says; counted and shown, never skipped in silence. */
export const UNREADABLE = "unreadable";

const KNOWN = new Set([...STATE_FRAMES, ...SINGLE_TYPES]);

/** Whether the frame is a stored event (it has a `seq` of its own), not a word about the stream. */
export const isSingle = (frame) => SINGLE_TYPES.includes(frame.type) || frame.type.includes(".");

/** The frame in an SSE `data` line; `{type: UNREADABLE, detail}` for what is none or has a name nobody knows. */
export function parseFrame(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return { type: UNREADABLE, detail: "a frame was no JSON" };
  }
  if (typeof frame?.type !== "string") return { type: UNREADABLE, detail: "a frame had no type" };
  if (KNOWN.has(frame.type) || frame.type.includes(".")) return frame;
  return { type: UNREADABLE, detail: `a frame had the unknown type ${JSON.stringify(frame.type.slice(0, 60))}` };
}
