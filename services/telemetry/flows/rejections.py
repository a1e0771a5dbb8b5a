"""Refused events, remembered with their reasons, also for runs that never begin."""

import structlog

from services.telemetry.core.refused import Refused
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import Rejection

KEPT_TEXT_BYTES = 1024

log = structlog.get_logger()


class Rejections:
    """Remembers what was refused."""

    def __init__(self, committer: Committer, *, clock: Clock, counters: Counters) -> None:
        self._committer = committer
        self._clock = clock
        self._counters = counters

    async def note(self, channel: Channel, index: int, refused: Refused, text: bytes) -> None:
        """Count a refusal and, where the event is lost by it, keep why and how it begins, if that can be stored."""
        self._counters.rejected[refused.type] += 1
        if not refused.is_loss:
            return
        channel.rejected += 1
        group = self._committer.write(
            Rejection(
                run_id=channel.run_id,
                n=channel.rejected,
                index=index,
                reason=refused.type,
                path=refused.path[:200],
                message=refused.message[:1000],
                time=self._clock.stamp()[1],
                text=text[:KEPT_TEXT_BYTES].decode("utf-8", "replace"),
            )
        )
        channel.audience.state_changed()
        await group.done.wait()
        if group.error is not None:
            log.warning("a refused event could not be kept", run_id=channel.run_id, reason=refused.type)
