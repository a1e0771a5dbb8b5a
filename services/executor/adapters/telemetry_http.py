"""Telemetry over HTTP. What the network, a proxy or nonsense does comes back as an answer, never as an exception.

Each request has a deadline over all of it: a time-out per read never ends with one who sends a byte now and then.
"""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import anyio
import httpx
import msgspec

from services.executor.core.delivery.comparison import Gone, Theirs
from services.executor.core.delivery.telemetry_answer import MOST_REASON_CHARS, Answer, Cause
from services.executor.flows.delivery.ports import RunsPage
from shared.paths import EVENTS, HEALTH_LIVE, PRODUCER, RUN, RUNS, fill

CONNECT_LIMIT_S = 3.0
ANSWER_LIMIT_S = 12.0
SIGN_LIMIT_S = 4.0
USER_TIMEOUT_MS = 10_000
"""Bytes nobody has acknowledged for so long went to a machine that is no longer there."""

MOST_ANSWER_BYTES = 256 * 1024
MOST_LIST_BYTES = 16 * 1024 * 1024

_NDJSON = {"Content-Type": "application/x-ndjson"}
_JSON_TYPES = ("application/json", "application/problem+json")
_UNKNOWN, _DELETED = "unknown-run", "run-expired"


class _Listed(msgspec.Struct, frozen=True):
    runs: list[Theirs]
    next: str | None


class HttpTelemetry:
    """One telemetry service."""

    def __init__(self, client: httpx.AsyncClient, *, answer_limit_s: float = ANSWER_LIMIT_S) -> None:
        self._client = client
        self._limit_s = answer_limit_s

    async def post(self, run_id: str, body: bytes) -> Answer:
        """Events as NDJSON."""
        return (await self._ask("POST", fill(EVENTS, run_id=run_id), content=body, headers=_NDJSON))[0]

    async def sign_of_life(self, run_id: str, sign: Mapping[str, Any]) -> Answer:
        """The producer's word on itself."""
        return _in_json(*await self._ask("PUT", fill(PRODUCER, run_id=run_id), limit_s=SIGN_LIMIT_S, json=sign))

    async def probe(self) -> Answer:
        """Whether it is there at all."""
        return _in_json(*await self._ask("GET", HEALTH_LIVE, limit_s=SIGN_LIMIT_S))

    async def runs(self, *, limit: int, before: str | None) -> RunsPage | Answer:
        """A page of its runs, newest first."""
        query = {"limit": str(limit)} if before is None else {"limit": str(limit), "before": before}
        answer, content = await self._ask("GET", RUNS, most_bytes=MOST_LIST_BYTES, params=query)
        if not answer.is_success:
            return answer
        try:
            listed = msgspec.json.decode(content, type=_Listed)
        except ValueError:
            return _nonsense(answer, content)
        return RunsPage(listed.runs, listed.next)

    async def run(self, run_id: str) -> Theirs | Gone | Answer:
        """One run as it has it."""
        answer, content = await self._ask("GET", fill(RUN, run_id=run_id), most_bytes=MOST_LIST_BYTES)
        if answer.problem in {_UNKNOWN, _DELETED}:
            return Gone(deleted=answer.problem == _DELETED)
        if not answer.is_success:
            return answer
        try:
            theirs = msgspec.json.decode(content, type=Theirs)
        except ValueError:
            return _nonsense(answer, content)
        return theirs if theirs.run_id == run_id else _nonsense(answer, content)

    async def delete(self, run_id: str) -> Answer:
        """Have it forget a run."""
        answer, content = await self._ask("DELETE", fill(RUN, run_id=run_id))
        # Another success is somebody else's, and would leave the run where it is.
        done = not answer.is_success or answer.status == HTTPStatus.NO_CONTENT
        return answer if done else _nonsense(answer, content)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        limit_s: float | None = None,
        most_bytes: int = MOST_ANSWER_BYTES,
        **request: Any,
    ) -> tuple[Answer, bytes]:
        limit_s = self._limit_s if limit_s is None else min(limit_s, self._limit_s)
        try:
            with anyio.move_on_after(limit_s):
                async with self._client.stream(method, path, **request) as response:
                    content = b""
                    async for chunk in response.aiter_bytes():
                        content += chunk
                        if len(content) > most_bytes:
                            return _trouble(Cause.NOT_TELEMETRY, f"an answer of more than {most_bytes} bytes"), b""
                    return _answer(response, content), content
        except httpx.TimeoutException as error:
            kind = type(error).__name__
            return _trouble(Cause.TIMEOUT, f"telemetry does not answer in time ({kind})"), b""
        except httpx.TransportError as error:
            return _trouble(Cause.UNREACHABLE, f"telemetry cannot be reached ({type(error).__name__})"), b""
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            return _trouble(Cause.NOT_TELEMETRY, f"what answers is no telemetry ({type(error).__name__})"), b""
        return _trouble(Cause.TIMEOUT, f"telemetry does not answer within {limit_s:g} s"), b""


def _answer(response: httpx.Response, content: bytes) -> Answer:
    content_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
    body: Any = None
    if content_type in _JSON_TYPES:
        try:
            body = msgspec.json.decode(content)
        except ValueError:
            body = None
    if not isinstance(body, dict):
        body = {}
    is_problem = response.status_code >= HTTPStatus.BAD_REQUEST
    return Answer(
        status=response.status_code,
        problem=str(body.get("type", "")).rstrip("/").rpartition("/")[2] if is_problem else "",
        detail=_printable(str(body.get("detail", ""))),
        body=body,
        retry_after_s=_seconds(response.headers.get("retry-after")),
        content_type=_printable(content_type),
    )


def _trouble(cause: Cause, reason: str) -> Answer:
    return Answer(status=0, cause=cause, detail=reason)


def _in_json(answer: Answer, content: bytes) -> Answer:
    """The answer; one that is no telemetry's where a success is not said in JSON."""
    return answer if not answer.is_success or answer.content_type in _JSON_TYPES else _nonsense(answer, content)


def _nonsense(answer: Answer, content: bytes) -> Answer:
    what = f"status {answer.status} with {len(content)} bytes of {answer.content_type or 'no type'}"
    return _trouble(Cause.NOT_TELEMETRY, f"the answer is not telemetry's: {what}")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:MOST_REASON_CHARS])


def _seconds(text: str | None) -> float | None:
    """A Retry-After: seconds, or a date."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    if then.tzinfo is None:
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


@asynccontextmanager
async def open_telemetry(base_url: str, *, answer_limit_s: float = ANSWER_LIMIT_S) -> AsyncIterator[HttpTelemetry]:
    """The telemetry service at this address; nothing is sent yet."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS))
    transport = httpx.AsyncHTTPTransport(trust_env=False, socket_options=options)
    timeout = httpx.Timeout(answer_limit_s, connect=min(CONNECT_LIMIT_S, answer_limit_s))
    async with httpx.AsyncClient(base_url=base_url, timeout=timeout, trust_env=False, transport=transport) as client:
        yield HttpTelemetry(client, answer_limit_s=answer_limit_s)
