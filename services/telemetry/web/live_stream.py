"""``GET /runs/{run_id}/live``: one run for people."""

from starlette.types import Receive, Scope, Send

from services.telemetry.core.asked import stands_at_end
from services.telemetry.flows.live_viewer import LiveViewer
from services.telemetry.flows.outlet import Outlet
from services.telemetry.web.answers import send_nothing
from services.telemetry.web.asking import asked_by
from services.telemetry.web.hub_stream import HubStream, form_of, heartbeat_of
from services.telemetry.web.query import Query
from services.telemetry.web.run_ids import refuse_deleted, refuse_unknown, run_id_of


class LiveStream(HubStream):
    """The endpoint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        run_id = run_id_of(scope)
        query = Query(scope)
        asked, form, heartbeat_s = asked_by(scope, query), form_of(query), heartbeat_of(query)
        parts = self.parts
        channel = await parts.runs.pin(run_id)
        try:
            refuse_deleted(channel)
            if not query.flag("wait", default=True):
                refuse_unknown(channel)
            log = channel.log
            if stands_at_end(asked, log):
                await send_nothing(send)
                return
            if not await self.send_head(scope, send):
                return

            def make(outlet: Outlet) -> LiveViewer:
                behind = parts.catch_up.of(log)
                viewer = LiveViewer(outlet, channel.audience, behind, asked=asked, form=form, heartbeat_s=heartbeat_s)
                hello = self.hello(log.status.value, log.high, channel.producer_facts(), heartbeat_s)
                viewer.greet({**hello, "epoch": log.epoch}, parts.hub.retry_ms())
                return viewer

            await self.hold(make, receive, send)
        finally:
            parts.runs.unpin(channel)
