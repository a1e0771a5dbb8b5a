"""The door a research asks its models through: OpenAI's interface on loopback, behind which everything is accounted.

A token that is made for this one research opens it. Each request becomes a ``Wish`` and is answered when that is.
"""

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from services.executor.core.research.openai_answers import as_stream, error_body, error_status
from services.executor.core.research.own_embeddings import embeddings_reply
from services.executor.flows.research_ports import Wish
from services.process.body import ClientGoneError, read_body
from services.process.problem import Problem
from shared.failures import FailureKind
from shared.llm_call import Endpoint, LlmAnswer, LlmFailure, Passthrough

BASE = "/v1"
MAX_BODY_BYTES = 32 * 1024 * 1024
_ENDPOINTS: dict[str, Endpoint] = {
    f"{BASE}/chat/completions": "chat/completions",
    f"{BASE}/embeddings": "embeddings",
}


class ResearchProxy:
    """An ASGI application for one research. ``wish`` takes a request over; False where no more are taken."""

    def __init__(self, *, token: str, own_embeddings: bool, most_open: int, wish: Callable[[Wish], bool]) -> None:
        self._token = token
        self._most_open = most_open
        self._own_embeddings = own_embeddings
        self._wish = wish
        self._open: set[Wish] = set()
        self.strays = 0
        """Requests that did not have the token."""

    def close(self) -> None:
        """Answer whatever is still waited for: nothing more is asked."""
        for wish in list(self._open):
            wish.answer(_refused(FailureKind.CANCELLED, "the research is over"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            answer: ASGIApp = await self._answer(request, receive)
        except ClientGoneError:
            return
        await answer(scope, receive, send)

    async def _answer(self, request: Request, receive: Receive) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            self.strays += 1
            return _error(_refused(FailureKind.AUTH, "this is no key"))
        endpoint = _ENDPOINTS.get(request.url.path)
        if endpoint is None or request.method != "POST":
            return Response(error_body("not_found", "only chat/completions and embeddings are here"), 404)
        try:
            raw = await read_body(receive, MAX_BODY_BYTES)
            body = msgspec.json.decode(raw, type=dict[str, Any])
        except (Problem, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _error(_refused(FailureKind.BAD_REQUEST, "the body is no JSON object, or too large"))
        if endpoint == "embeddings" and self._own_embeddings:
            return await _embedded(body)
        wish = Wish(asked=Passthrough(endpoint=endpoint, body=body), size_bytes=len(raw))
        if len(self._open) >= self._most_open:
            return _error(_refused(FailureKind.RATE_LIMITED, "too many requests of one research at once"))
        if not self._wish(wish):
            return _error(_refused(FailureKind.CANCELLED, "the research is over"))
        self._open.add(wish)
        try:
            await wish.answered.wait()
        finally:
            self._open.discard(wish)
        return _answered(wish, body)


def _answered(wish: Wish, body: dict[str, Any]) -> Response:
    outcome = wish.outcome
    if not isinstance(outcome, LlmAnswer):
        return _error(outcome or _refused(FailureKind.INTERNAL, "there is no answer"))
    raw = outcome.text.encode()
    if not body.get("stream"):
        return Response(raw, media_type="application/json")
    options = body.get("stream_options")
    with_usage = isinstance(options, dict) and bool(options.get("include_usage"))
    return StreamingResponse(as_stream(raw, with_usage=with_usage), media_type="text/event-stream")


async def _embedded(body: dict[str, Any]) -> Response:
    reply = await anyio.to_thread.run_sync(partial(embeddings_reply, body))
    if reply is None:
        return _error(_refused(FailureKind.BAD_REQUEST, "input must be a text or a list of texts"))
    return Response(reply, media_type="application/json")


def _refused(kind: FailureKind, message: str) -> LlmFailure:
    return LlmFailure(kind=kind, message=message, sent="no")


def _error(failure: LlmFailure) -> Response:
    body = error_body(failure.kind.value, failure.message)
    return Response(body, error_status(failure.kind), media_type="application/json")
