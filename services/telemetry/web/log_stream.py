"""``GET /runs/{run_id}/events``: the log, as SSE or as NDJSON."""

from starlette.types import Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.core.asked import Asked, gap_facts, hole_facts, resolve, stands_at_end
from services.telemetry.core.facts import Facts
from services.telemetry.core.frames import as_lines
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.log_viewer import LogViewer
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.viewer import MUTE
from services.telemetry.web.answers import send_nothing
from services.telemetry.web.asking import asked_by, header
from services.telemetry.web.hub_stream import HubStream, form_of, heartbeat_of
from services.telemetry.web.ndjson import send_log
from services.telemetry.web.query import Query
from services.telemetry.web.run_ids import refuse_deleted, refuse_unknown, run_id_of

MAX_LIMIT = 2**53
_NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl")
NDJSON_HEADERS = [
    (b"content-type", b"application/x-ndjson"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


class LogStream(HubStream):
    """The endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        run_id = run_id_of(scope)
        query = Query(scope)
        asked = asked_by(scope, query)
        channel = await self.parts.runs.pin(run_id)
        try:
            refuse_deleted(channel)
            if not query.flag("wait", default=True):
                refuse_unknown(channel)
            if _wants_lines(scope, query):
                await self._lines(channel, asked, query, scope, receive, send)
            elif stands_at_end(asked, channel.log):
                await send_nothing(send)
            else:
                await self._frames(channel, asked, query, scope, receive, send)
        finally:
            self.parts.runs.unpin(channel)

    async def _frames(
        self, channel: Channel, asked: Asked, query: Query, scope: Scope, receive: Receive, send: Send
    ) -> None:
        form, heartbeat_s, limit = form_of(query), heartbeat_of(query), _limit(query)
        if not await self.send_head(scope, send):
            return
        log = channel.log

        def make(outlet: Outlet) -> LogViewer:
            viewer = LogViewer(
                outlet,
                channel.audience,
                self.parts.catch_up.of(log),
                asked=asked,
                form=form,
                heartbeat_s=heartbeat_s,
                limit=limit,
            )
            if channel.hidden:
                viewer.stream = "canary"
            hello = self.hello(log.status.value, log.high, channel.producer_facts(), heartbeat_s)
            viewer.greet({**hello, "epoch": log.epoch}, self.parts.hub.retry_ms())
            return viewer

        await self.hold(make, receive, send)

    async def _lines(
        self, channel: Channel, asked: Asked, query: Query, scope: Scope, receive: Receive, send: Send
    ) -> None:
        limit, log = _limit(query), channel.log
        follow = query.flag("follow", default=False)
        if not follow:
            refuse_unknown(channel)
        begin = resolve(asked, log)
        if begin is not None and begin.gap is not None:
            facts: Facts = {**gap_facts(asked, begin.gap, log)}
            raise Problem("run-expired", f"the place {asked.text[:80]!r} is not in this log: {begin.gap}", **facts)
        if begin is not None and begin.cursor + 1 in log.holes:
            facts = {**hole_facts(log, begin.cursor, log.holes.end(begin.cursor + 1))}
            raise Problem("run-expired", f"the event after {facts['requested']} cannot be read any more", **facts)
        if not follow:
            after = begin.cursor if begin is not None else 0
            await send_log(self.parts.store, log, after, limit, scope, send)
            return
        if not await self.send_head(scope, send, NDJSON_HEADERS):
            return

        def make(outlet: Outlet) -> LogViewer:
            return LogViewer(
                outlet,
                channel.audience,
                self.parts.catch_up.of(log),
                asked=asked,
                form=as_lines,
                heartbeat_s=MUTE,
                limit=limit,
            )

        await self.hold(make, receive, send)


def _limit(query: Query) -> int | None:
    return query.whole("limit", least=1, most=MAX_LIMIT)


def _wants_lines(scope: Scope, query: Query) -> bool:
    accept = header(scope, b"accept").lower()
    listed = any(name in accept for name in _NDJSON) and "text/event-stream" not in accept
    return listed or query.flag("poll", default=False) or query.flag("follow", default=False)
