"""A stream of server-sent events that is held: opened again with the last id until the service says it is over."""

import json
import random
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import anyio
import httpx
from httpx_sse import EventSource, ServerSentEvent

from services.cli.clients.backoff import delay_s
from services.cli.clients.frames import Frame, LinkDown, LinkUp, Signal
from services.cli.clients.http_service import HttpService, why
from services.cli.clients.problem_text import refusal
from services.cli.showing.time_of_day import time_of_day

HEARTBEAT_S = 5.0
"""How often a sign of life is asked for on a silent stream."""

_SILENT_HEARTBEATS = 2.5
"""A stream without a sign of life for so many heartbeats is dead, whatever the socket says."""

_WORTH_TRYING_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})


class SseLink:
    """Follows one path; ``hold`` returns when the stream has ended for good."""

    def __init__(
        self,
        service: HttpService,
        path: str,
        params: dict[str, str],
        *,
        rng: random.Random,
        heartbeat_s: float = HEARTBEAT_S,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        time_of_day: Callable[[], str] = time_of_day,
    ) -> None:
        self._service = service
        self._path = path
        self._params = params | {"heartbeat": f"{heartbeat_s:g}"}
        self._silence_s = heartbeat_s * _SILENT_HEARTBEATS
        self._rng = rng
        self._sleep = sleep
        self._time_of_day = time_of_day
        self._down_since: str | None = None
        self._last_id = ""
        self._retry_ms: int | None = None
        self._failures = 0
        self._ended = False

    async def hold(self, emit: Callable[[Signal], None]) -> None:
        """Emit every frame and every change of the link until ``end`` or 204; raises ``Refused`` for a final no.

        Held again after an end, it goes on where that was.
        """
        self._ended = False
        while True:
            try:
                reason = await self._once(emit)
            except httpx.HTTPError as error:
                reason = why(error)
            except ValueError:
                reason = "the service sent what is no JSON"
            if self._ended:
                return
            wait_s = delay_s(self._failures, self._retry_ms, self._rng)
            self._failures += 1
            self._down_since = self._down_since or self._time_of_day()
            emit(LinkDown(since=self._down_since, reason=reason, retry_in_s=wait_s))
            await self._sleep(wait_s)

    async def _once(self, emit: Callable[[Signal], None]) -> str:
        """One connection, from its opening to its end; returns why it ended."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        async with self._service.stream(
            self._path, params=self._params, headers=headers, silence_s=self._silence_s
        ) as response:
            if response.status_code == HTTPStatus.NO_CONTENT:
                self._ended = True
                return "the run is over"
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                return await self._not_open(response)
            self._down_since = None
            emit(LinkUp())
            reason = "the service closed the stream"
            async for sse in EventSource(response).aiter_sse():
                self._failures = 0
                if sse.event == "drain":
                    reason = "the service is going away"
                self._take(sse, emit)
                if self._ended:
                    break
        return reason

    async def _not_open(self, response: httpx.Response) -> str:
        body = await response.aread()
        status = response.status_code
        if status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _WORTH_TRYING_AGAIN:
            raise refusal(self._service.name, status, body)
        return f"HTTP {status}"

    def _take(self, sse: ServerSentEvent, emit: Callable[[Signal], None]) -> None:
        if sse.retry is not None:
            self._retry_ms = sse.retry
        if not sse.data:
            return
        data = json.loads(sse.data)
        if sse.event == "drain":
            self._retry_ms = data.get("retry_ms") or self._retry_ms
        emit(Frame(event=sse.event, data=data, text=sse.data))
        # The id moves on only when its frame has been taken: what breaks half way is asked for again.
        if sse.id:
            self._last_id = sse.id
        if sse.event == "end":
            self._ended = True
