"""One question to an LLM, for reading: who was asked, and for each attempt what was sent, answered and refused. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from services.cli.showing import phrases
from services.cli.showing.model_name import model_labels

Json = Mapping[str, Any]

MANY_ATTEMPTS = 8
"""More than these are a line each."""

_INDENT = "    "


def call_lines(call: Json, attempt: int | None = None) -> Iterator[str]:
    """The call, a line at a time; prompts and answers whole, indented below their heading.

    Of a call with many attempts (a research asks as often as it needs to) each attempt is a line; ``attempt`` shows that
    one whole.
    """
    attempts = call.get("attempts")
    listed = attempts if isinstance(attempts, list) else []
    yield f"{phrases.one_line(str(call.get('label') or call.get('call_id')))}"
    yield f"  id      {call.get('call_id')}"
    yield f"  model   {model_labels([call])[0]}"
    yield f"  phase   {phrases.status(str(call.get('phase')))}"
    yield f"  status  {phrases.status(str(call.get('status')))}"
    yield from _about(call)
    yield from _error("  error   ", call.get("error"))
    yield from _text("prompt", call.get("prompt"))
    if call.get("json_schema"):
        yield from _text("held to this JSON schema", json.dumps(call["json_schema"]))
    if attempt is not None:
        chosen = [each for each in listed if each.get("attempt") == attempt]
        yield from (line for each in chosen for line in _attempt(each, each.get("prompt")))
        return
    if len(listed) > MANY_ATTEMPTS:
        yield ""
        for each in listed:
            yield _heading(each)
            yield from _error("    ", each.get("error"))
        yield "--attempt N shows one of them whole: prompt, answer and error"
        return
    shown_before = call.get("prompt")
    for each in listed:
        # The question is the same each time, as a rule; it is shown where it is new.
        prompt = each.get("prompt") if each.get("prompt") != shown_before else None
        shown_before = each.get("prompt") or shown_before
        yield from _attempt(each, prompt)


def _about(call: Json) -> Iterator[str]:
    """What is read: two documents in the order they are shown, or one; and what the judge of a pair said."""
    shown = call.get("shown")
    if isinstance(shown, list) and shown:
        yield f"  shows   {', then '.join(phrases.one_line(str(name), 200) for name in shown)}"
    pair = call.get("pair") or call.get("judgement")
    if isinstance(pair, Mapping) and pair.get("winner"):
        yield f"  winner  {phrases.one_line(_winner(pair), 200)}"
        if pair.get("reason"):
            yield f"  reason  {phrases.one_line(str(pair['reason']), 1000)}"


def _winner(pair: Json) -> str:
    won = str(pair["winner"])
    return str(pair.get(won) or won)


def _heading(attempt: Json) -> str:
    facts = [
        phrases.status(str(attempt.get("outcome") or "in flight")),
        f"{attempt['duration_s']:.2f} s" if attempt.get("duration_s") is not None else "",
        f"{phrases.count(attempt.get('input_tokens'))} tokens in, {phrases.count(attempt.get('output_tokens'))} out",
        phrases.money(attempt.get("cost_usd")),
    ]
    return f"attempt {attempt.get('attempt')}: {', '.join(fact for fact in facts if fact)}"


def _attempt(attempt: Json, prompt: Any) -> Iterator[str]:
    yield ""
    yield _heading(attempt)
    yield from _error("  error   ", attempt.get("error"))
    yield from _text("prompt", prompt)
    yield from _text("answer", attempt.get("answer"))


def _error(head: str, error: Any) -> Iterator[str]:
    if isinstance(error, Mapping):
        status = f" (HTTP {error['status']})" if error.get("status") else ""
        yield f"{head}{error.get('kind')}{status}: {phrases.one_line(str(error.get('message') or ''))}".rstrip(": ")


def _text(name: str, value: Any) -> Iterator[str]:
    """A prompt or an answer: a text, or messages or parts with a text each."""
    if not value:
        return
    yield f"  {name}"
    if isinstance(value, str):
        yield from _indented(value)
    elif isinstance(value, Mapping):
        for part, text in value.items():
            yield f"{_INDENT}[{part}]"
            yield from _indented(str(text))
    elif isinstance(value, list):
        for message in value:
            yield f"{_INDENT}[{message.get('role')}]"
            yield from _indented(str(message.get("content")))


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield _INDENT + "".join(char if char.isprintable() else " " for char in line)
