"""Viewers whose place is no longer in memory, fed from the store: one page at a time, shared by all at one place."""

from collections.abc import Callable
from functools import partial

import anyio
import anyio.lowlevel
import anyio.to_thread
import msgspec
import structlog
from anyio.abc import TaskGroup

from services.telemetry.core.frames import event_frame
from services.telemetry.core.run_log import RunLog
from services.telemetry.core.tail import BLOCK_BYTES
from services.telemetry.errors import StoreError
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import EventStore
from services.telemetry.flows.pulse import SLICE_VIEWERS
from services.telemetry.flows.viewer import CatchesUp
from shared.stored import read_line

READERS = 4
"""Pages read from the store at the same time."""

log = structlog.get_logger()


class CatchUp:
    """Feeds viewers; one task for each run that has some behind, ended when it has none."""

    def __init__(self, store: EventStore, tasks: TaskGroup, counters: Counters) -> None:
        self._store = store
        self._counters = counters
        self._tasks = tasks
        self._behind: dict[RunLog, dict[CatchesUp, None]] = {}
        self._limiter = anyio.CapacityLimiter(READERS)

    def of(self, run_log: RunLog) -> Callable[[CatchesUp], None]:
        """What takes the viewers of this run."""
        return partial(self.add, run_log)

    def add(self, run_log: RunLog, viewer: CatchesUp) -> None:
        """Feed this viewer until it is back or cannot take more."""
        behind = self._behind.get(run_log)
        if behind is None:
            behind = self._behind[run_log] = {}
            self._tasks.start_soon(self._serve, run_log, behind)
        behind[viewer] = None

    async def _serve(self, run_log: RunLog, behind: dict[CatchesUp, None]) -> None:
        try:
            while behind:
                place = min(viewer.cursor for viewer in behind)
                found = await self._page(run_log, place)
                await self._feed(behind, place, found)
        finally:
            del self._behind[run_log]

    async def _page(self, run_log: RunLog, place: int) -> list[bytes] | None:
        """The frames after a place up to the first that cannot be read; None where nothing can be read now."""
        try:
            found, hole = await anyio.to_thread.run_sync(
                _read_frames, self._store, run_log.run_id, place, limiter=self._limiter
            )
        except StoreError as error:
            log.warning("the log could not be read for viewers", run_id=run_log.run_id, reason=str(error))
            return None
        except Exception:
            self._counters.fault("read")
            log.exception("reading the log for viewers failed", run_id=run_log.run_id)
            return None
        # What is written and not yet published may still be refused.
        found = found[: max(0, run_log.high - place)]
        if hole is not None and run_log.holes.add(hole):
            self._counters.unreadable += 1
            log.error("a stored event cannot be read", run_id=run_log.run_id, seq=hole)
        return found if found or hole is not None else None

    async def _feed(self, behind: dict[CatchesUp, None], place: int, found: list[bytes] | None) -> None:
        together = [viewer for viewer in behind if viewer.cursor == place]
        for count, viewer in enumerate(together, 1):
            behind.pop(viewer, None)
            if viewer.outlet.closed:
                continue
            if found is None:
                viewer.outlet.drop("store")
            elif viewer.outlet.free:
                try:
                    viewer.feed(found)
                except Exception as error:  # noqa: BLE001 - one viewer's fault must not stop the others
                    viewer.outlet.fail(error)
            if count % SLICE_VIEWERS == 0:
                await anyio.lowlevel.checkpoint()


def _read_frames(store: EventStore, run_id: str, after: int) -> tuple[list[bytes], int | None]:
    """Frames after a seq; and the seq that follows them, if its line cannot be read."""
    frames: list[bytes] = []
    for seq, line in enumerate(store.lines(run_id, after=after, limit_bytes=BLOCK_BYTES), after + 1):
        try:
            event = read_line(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return frames, seq
        if event.seq != seq:
            return frames, seq
        frames.append(event_frame(event.epoch, seq, event.type, line))
    return frames, None
