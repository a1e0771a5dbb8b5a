"""Answers as JSON, sent without a response object: the hot path has no use for one."""

from typing import Any

from starlette.types import Message, Scope, Send

from services.process.problem import Problem
from services.telemetry.errors import StoreError, StoreFull
from shared import strict_json

_NO_CONTENT: Message = {"type": "http.response.start", "status": 204, "headers": []}
_NOTHING: Message = {"type": "http.response.body", "body": b""}


_JSON = (b"content-type", b"application/json")
_FRESH = (b"cache-control", b"no-store")


async def send_json(send: Send, body: bytes) -> None:
    """Send JSON that is made already, the answer to a request no cache would keep."""
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_facts(send: Send, facts: dict[str, Any]) -> None:
    """Send a dictionary as JSON that is true now."""
    body = strict_json.dumps(facts)
    headers = [_JSON, _FRESH, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_nothing(send: Send) -> None:
    """204: there is nothing to send."""
    await send(_NO_CONTENT)
    await send(_NOTHING)


def store_problem(error: StoreError, **extra: Any) -> Problem:
    """What a failure of the store is to the one who asked."""
    type_ = "storage-full" if isinstance(error, StoreFull) else "unavailable"
    return Problem(type_, f"the log cannot be used now: {error}; try again", **extra)


def base_url(scope: Scope, public_url: str | None) -> str:
    """The service's address as the client sees it, without a slash at its end."""
    if public_url is not None:
        return public_url
    host = next((value.decode("latin-1") for key, value in scope["headers"] if key == b"host"), "")
    return f"{scope['scheme']}://{host}"
