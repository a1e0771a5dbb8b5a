"""``GET /live``: several runs on one connection, or without ``run`` a summary of all unfinished ones."""

from contextlib import AsyncExitStack
from typing import Any

from starlette.types import Receive, Scope, Send

from services.process.problem import Problem
from services.telemetry.core.asked import stands_at_end
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.many_viewer import ManyViewer
from services.telemetry.flows.outlet import Outlet
from services.telemetry.flows.summary_viewer import SummaryViewer
from services.telemetry.web.answers import send_nothing
from services.telemetry.web.asking import asked_of_many
from services.telemetry.web.hub_stream import HubStream, form_of, heartbeat_of
from services.telemetry.web.query import Query, refuse
from services.telemetry.web.run_ids import checked_run_id, refuse_unknown
from services.telemetry.web.unfinished import Unfinished
from shared.limits import MAX_RUNS_PER_STREAM


class ManyStream(HubStream):
    """The endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = Query(scope)
        run_ids = list(dict.fromkeys(query.all("run")))
        if not run_ids:
            await self._summary(query, scope, receive, send)
            return
        if len(run_ids) > MAX_RUNS_PER_STREAM:
            refuse("run", f"{len(run_ids)} runs; one stream has {MAX_RUNS_PER_STREAM} at most")
        for run_id in run_ids:
            checked_run_id(run_id)
        async with AsyncExitStack() as stack:
            channels = []
            for run_id in run_ids:
                channel = await self.parts.runs.pin(run_id)
                stack.callback(self.parts.runs.unpin, channel)
                channels.append(channel)
            await self._several(channels, query, scope, receive, send)

    async def _several(self, channels: list[Channel], query: Query, scope: Scope, receive: Receive, send: Send) -> None:
        parts = self.parts
        form, heartbeat_s = form_of(query), heartbeat_of(query)
        asked = asked_of_many(scope, query, [channel.run_id for channel in channels])
        there = [channel for channel in channels if not channel.deleted]
        if not there:
            raise Problem("run-expired", "all of these runs were deleted")
        if not query.flag("wait", default=True):
            for channel in there:
                refuse_unknown(channel)
        if all(stands_at_end(asked[channel.run_id], channel.log) for channel in there):
            await send_nothing(send)
            return
        if not await self.send_head(scope, send):
            return

        def make(outlet: Outlet) -> ManyViewer:
            viewer = ManyViewer(
                outlet,
                [(one.audience, parts.catch_up.of(one.log), asked[one.run_id]) for one in there],
                gone=[channel.run_id for channel in channels if channel.deleted],
                form=form,
                heartbeat_s=heartbeat_s,
            )
            hello = self.hello(None, None, None, heartbeat_s)
            viewer.greet({**hello, "runs": [_shown(channel) for channel in there]}, parts.hub.retry_ms())
            return viewer

        await self.hold(make, receive, send)

    async def _summary(self, query: Query, scope: Scope, receive: Receive, send: Send) -> None:
        parts = self.parts
        form, heartbeat_s = form_of(query), heartbeat_of(query)
        unfinished = Unfinished(parts.store, parts.runs, parts.storage)
        if scope["method"] != "HEAD":
            await unfinished.read()
        if not await self.send_head(scope, send):
            return

        def make(outlet: Outlet) -> SummaryViewer:
            viewer = SummaryViewer(outlet, parts.summary, first=unfinished.words, form=form, heartbeat_s=heartbeat_s)
            viewer.greet(self.hello(None, None, None, heartbeat_s), parts.hub.retry_ms())
            return viewer

        await self.hold(make, receive, send)


def _shown(channel: Channel) -> dict[str, Any]:
    return {
        "run_id": channel.run_id,
        "status": channel.log.status.value,
        "seq": channel.log.high,
        "epoch": channel.log.epoch,
        "producer": channel.producer_facts(),
    }
