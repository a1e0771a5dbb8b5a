"""A body's events read one after another, with others getting their turn in between."""

import anyio.lowlevel
import structlog

from services.telemetry.core.bodies import Body
from services.telemetry.core.incoming import Incoming
from services.telemetry.core.refused import Refused
from services.telemetry.flows.counters import Counters

_EVENTS_PER_TURN = 250
"""So many events are read before others get their turn."""

log = structlog.get_logger()


async def read_events(body: Body, run_id: str, counters: Counters) -> tuple[list[Incoming], Refused | None]:
    """The events up to the first one that is refused, and why that one is; ``internal`` if it is our own fault."""
    events: list[Incoming] = []
    take = body.take
    for count, text in enumerate(body.texts, 1):
        try:
            events.append(take(text, run_id))
        except Refused as refused:
            return events, refused
        except Exception:
            counters.fault("decode")
            log.exception("an event could not be read", run_id=run_id)
            return events, Refused("internal", "", "this service made a mistake with it; its log says which")
        if count % _EVENTS_PER_TURN == 0:
            await anyio.lowlevel.checkpoint()
    return events, None
