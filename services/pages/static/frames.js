// Every name a stream can say, once. A test holds these tables to the services' own.

/** The version of the public contract this page speaks; `hello` carries the service's. */
export const CONTRACT = "1";

/** Frames that tell about the run and the stream itself. */
export const STATE_FRAMES = ["hello", "status_update", "fpf_stats_update", "heartbeat", "gap", "drain", "end"];

/** Events the live stream sends one by one, none skipped; so are all types with a dot. */
export const SINGLE_TYPES = ["log", "alert", "score_recorded", "pair_judged", "ranking_changed"];

/** Stands in for a frame that is not what the contract says; counted and shown, never skipped in silence. */
export const UNREADABLE = "unreadable";

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isText = (value) => typeof value === "string";

/** What a frame must have to be taken in; anything more may be missing. */
const SHAPES = {
  hello: ({ contract, status }) => isText(contract) && (status === null || isText(status)),
  status_update: ({ status }) => isText(status),
  fpf_stats_update: ({ seq, stats }) => Number.isInteger(seq) && isObject(stats),
  end: ({ status, count }) => isText(status) && Number.isInteger(count),
};

/** A stored event; what is in `data` of a type with a dot is its owner's. */
const isEvent = ({ type, seq, data }) => Number.isInteger(seq) && (type.includes(".") || isObject(data));

/** Whether the frame is a stored event (it has a `seq` of its own), not a word about the stream. */
export const isSingle = (frame) => SINGLE_TYPES.includes(frame.type) || frame.type.includes(".");

/** The frame in an SSE `data` line; `{type: UNREADABLE, detail}` for what is none or is not what its name promises. */
export function parseFrame(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return { type: UNREADABLE, detail: "a message was no JSON" };
  }
  if (!isText(frame?.type)) return { type: UNREADABLE, detail: "a message had no type" };
  const named = JSON.stringify(frame.type.slice(0, 60));
  if (isSingle(frame)) {
    return isEvent(frame) ? frame : { type: UNREADABLE, detail: `a message of type ${named} was no event` };
  }
  if (!STATE_FRAMES.includes(frame.type)) {
    return { type: UNREADABLE, detail: `a message had the unknown type ${named}` };
  }
  const fits = SHAPES[frame.type]?.(frame) ?? true;
  return fits ? frame : { type: UNREADABLE, detail: `a message of type ${named} lacked what it must have` };
}
