"""Runs that are over and have events left to deliver: taken up some at a time, so that years of them cost no memory."""

from collections.abc import Callable

import anyio
import structlog

from services.executor.core.delivery.comparison import Standing
from services.executor.flows.delivery.kit import DeliveryKit

MOST_AT_ONCE = 200
PAGE_RUNS = 100
RETRY_S = 5.0

log = structlog.get_logger()


class Backlog:
    """Feeds what the ledger has undelivered into deliveries, as they have room."""

    def __init__(self, kit: DeliveryKit, *, room: Callable[[], int], take_up: Callable[[Standing], bool]) -> None:
        self._kit = kit
        self._room = room
        self._take_up = take_up
        self._wake = anyio.Event()
        self._more = False
        self.events_left = 0
        """Events of runs that have not been taken up yet."""

    def look(self) -> None:
        """There may be something to take up."""
        self._wake.set()

    def left(self) -> None:
        """A delivery has ended: there may be room for the next ones."""
        if self._more and self._room() >= MOST_AT_ONCE // 2:
            self.look()

    async def run(self) -> None:
        """Take up what there is, now and whenever told to look; until cancelled."""
        while True:
            self._wake = anyio.Event()
            try:
                await self._feed()
            except Exception as error:
                # The border of the backlog: a ledger that cannot be read now can be read later.
                log.exception("the undelivered runs could not be read")
                self._kit.broke(error)
                await anyio.sleep(RETRY_S)
                continue
            await self._wake.wait()

    async def _feed(self) -> None:
        after, self._more, taken = "", False, 0
        while page := await self._kit.standings.undelivered(after=after, limit=PAGE_RUNS):
            for standing in page:
                if self._room() <= 0:
                    self._more = True
                    self.events_left = max(0, await self._kit.standings.undelivered_events() - taken)
                    return
                if self._take_up(standing):
                    taken += standing.last_seq - standing.delivered_seq
            after = page[-1].run_id
        self.events_left = 0
