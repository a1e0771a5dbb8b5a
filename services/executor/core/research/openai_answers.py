"""Answers in the words of OpenAI's interface, for a program that asks in them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from shared.failures import FailureKind

DONE = b"data: [DONE]\n\n"

_STATUS = {
    FailureKind.RATE_LIMITED: 429,
    FailureKind.TIMEOUT: 504,
    FailureKind.AUTH: 401,
    FailureKind.QUOTA: 429,
    FailureKind.BAD_REQUEST: 400,
    FailureKind.CONTENT_FILTERED: 400,
    FailureKind.BUDGET: 402,
    FailureKind.CANCELLED: 503,
    FailureKind.INTERNAL: 500,
}
_SERVER = 502


def error_status(kind: FailureKind) -> int:
    """The HTTP status that says this; one nobody tries again where trying again is not wanted."""
    return _STATUS.get(kind, _SERVER)


def error_body(kind: str, message: str) -> bytes:
    """An error as OpenAI's clients read it."""
    return msgspec.json.encode({"error": {"message": message, "type": kind, "code": kind, "param": None}})


def as_stream(reply: bytes, *, with_usage: bool) -> Iterator[bytes]:
    """A whole chat reply as the stream of server-sent events it would have been; raises ``msgspec.MsgspecError``."""
    whole: dict[str, Any] = msgspec.json.decode(reply, type=dict[str, Any])
    head = {
        "id": whole.get("id", "chatcmpl-0"),
        "object": "chat.completion.chunk",
        "created": whole.get("created", 0),
        "model": whole.get("model", ""),
    }
    choices = [choice for choice in whole.get("choices") or [] if isinstance(choice, dict)]
    for choice in choices:
        index, delta = choice.get("index", 0), _delta(choice.get("message"))
        yield _event({**head, "choices": [{"index": index, "delta": delta, "finish_reason": None}]})
        yield _event({**head, "choices": [{"index": index, "delta": {}, "finish_reason": choice.get("finish_reason")}]})
    if with_usage:
        yield _event({**head, "choices": [], "usage": whole.get("usage")})
    yield DONE


def _delta(message: Any) -> dict[str, Any]:
    said = message if isinstance(message, dict) else {}
    delta = {name: value for name, value in said.items() if value is not None}
    tools = delta.get("tool_calls")
    if isinstance(tools, list):
        delta["tool_calls"] = [{"index": index, **tool} for index, tool in enumerate(tools) if isinstance(tool, dict)]
    return {"role": "assistant", **delta}


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"
