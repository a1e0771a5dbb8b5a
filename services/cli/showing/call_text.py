"""One question to an LLM, for reading: who was asked, and for each attempt what was sent, answered and refused. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.cli.showing import phrases

Json = Mapping[str, Any]

_INDENT = "    "


def call_lines(call: Json) -> Iterator[str]:
    """The call, a line at a time; prompts and answers whole, indented below their heading."""
    attempts = call.get("attempts")
    listed = attempts if isinstance(attempts, list) else []
    yield f"{call.get('label') or call.get('call_id')}"
    yield f"  id      {call.get('call_id')}"
    yield f"  model   {call.get('provider')}/{call.get('model')}"
    yield f"  phase   {phrases.status(str(call.get('phase')))}"
    yield f"  status  {phrases.status(str(call.get('status')))}"
    yield from _error("  error   ", call.get("error"))
    yield from _text("prompt", call.get("prompt"))
    for attempt in listed:
        yield from _attempt(attempt)


def _attempt(attempt: Json) -> Iterator[str]:
    facts = [
        phrases.status(str(attempt.get("outcome") or "in flight")),
        f"{attempt['duration_s']:.2f} s" if attempt.get("duration_s") is not None else "",
        f"{phrases.count(attempt.get('input_tokens'))} tokens in, {phrases.count(attempt.get('output_tokens'))} out",
        phrases.money(attempt.get("cost_usd")),
    ]
    yield ""
    yield f"attempt {attempt.get('attempt')}: {', '.join(fact for fact in facts if fact)}"
    yield from _error("  error   ", attempt.get("error"))
    yield from _text("prompt", attempt.get("prompt"))
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
