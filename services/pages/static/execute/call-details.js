// One call with every attempt: the prompt, the raw answer, the error. Fetched when asked for, never sent along.

import { runCall } from "./addresses.js";
import { longText } from "./reader.js";
import { el } from "../dom.js";
import { clock, count, duration, money, phaseLabel, plural } from "../format.js";
import { askJson } from "../problem.js";
import { withSettings } from "../rankings.js";

/** The nodes that show a call of a run. */
export async function callDetails(base, runId, callId) {
  const call = await askJson(runCall(base, runId, callId));
  const about = [withSettings(call), phaseLabel(call.phase), call.status, call.document || call.input];
  return [
    el("p", { text: call.label ?? "" }),
    el("p", { class: "muted", text: about.filter(Boolean).join(" · ") }),
    call.error ? el("p", { class: "told", data: { level: "error" }, text: errorWords(call.error) }) : null,
    ...(call.json_schema ? schema(call.json_schema) : []),
    call.attempts.length ? null : el("p", { class: "muted", text: "No request has been made for it." }),
    ...call.attempts.map(attempt),
  ].filter(Boolean);
}

/** An error as one line. Pure. */
export const errorWords = ({ kind, message, status }) =>
  `${[status, kind].filter(Boolean).join(" ")}${message ? `: ${message}` : ""}`;

/** What is known of an attempt in one line. Pure. */
export function attemptWords(attempt) {
  const { outcome, started, duration_s: seconds, sent, input_tokens: input, output_tokens: output } = attempt;
  const parts = [
    outcome ?? "under way",
    `begun ${clock(started)}`,
    seconds == null ? null : `took ${duration(seconds)}`,
    sent === "no" ? "never sent" : sent === "maybe" ? "perhaps sent" : null,
    input == null ? null : `${plural(input, "token")} in`,
    output == null ? null : `${count(output)} out`,
    `cost ${money(attempt.cost_usd)}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

const schema = (sent) => [
  el("details", {}, el("summary", { text: "Held to this JSON schema" }), ...longText(JSON.stringify(sent, null, 1))),
];

function attempt(one) {
  const { attempt: number, prompt, answer, error } = one;
  return el(
    "section",
    { class: "attempt", data: { attempt: number } },
    el("h3", { text: `Attempt ${count(number)}` }),
    el("p", { class: "muted", text: attemptWords(one) }),
    error ? el("p", { class: "told", data: { level: "error" }, text: errorWords(error) }) : null,
    ...text("Prompt", prompt, "The prompt is not known any more."),
    ...text("Raw answer", answer, "No answer came."),
  );
}

function text(title, value, without) {
  if (value == null) return [el("p", { class: "muted", text: without })];
  return [el("details", { open: true }, el("summary", { text: title }), ...longText(value))];
}
