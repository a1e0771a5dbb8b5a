"""Whether events can be stored, and if not, why: known at once, told to everybody, and asked again until it is so."""

from collections.abc import Callable

import anyio
import anyio.to_thread
import structlog

from services.telemetry.errors import StoreError, StoreFull
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.ports import OK, EventStore, Probe, Timers

LOOK_EVERY_S = 1.0
STUCK_S = 10.0
"""A disk that takes longer than this is as good as none; a lock of another program is waited for less long."""

log = structlog.get_logger()


class Storage:
    """The newest answer. ``changed`` is called whenever it is another one."""

    def __init__(self, counters: Counters, changed: Callable[[], None]) -> None:
        self.failed: StoreError | None = None
        """Why the newest group could not be written."""
        self.closed: StoreError | None = None
        """Why no event is taken, whatever could be written: too little room, or the file is not ours any more."""
        self._counters = counters
        self._changed = changed

    @property
    def error(self) -> StoreError | None:
        """Why events cannot be stored now; None if they can."""
        return self.closed or self.failed

    @property
    def word(self) -> str:
        """The same for people: ``ok``, or the reason."""
        return OK if self.error is None else str(self.error)

    def wrote(self, error: StoreError | None) -> None:
        """A group was written, or could not be."""
        before = self.word
        self.failed = error
        self._tell(before)

    def looked(self, error: StoreError | None) -> None:
        """Somebody looked at the file and the room around it."""
        before = self.word
        self.closed = error
        self._tell(before)

    def _tell(self, before: str) -> None:
        if self.word == before:
            return
        if self.error is None:
            log.warning("events are stored again")
        else:
            self._counters.storage_outages += before == OK
            log.error("events cannot be stored", reason=self.word)
        self._changed()


class StorageWatch:
    """Looks after the storage. ``run`` is a task."""

    def __init__(
        self,
        store: EventStore,
        committer: Committer,
        storage: Storage,
        *,
        min_free_bytes: int,
        timers: Timers,
        counters: Counters,
        stuck_s: float = STUCK_S,
    ) -> None:
        self._store = store
        self._committer = committer
        self._storage = storage
        self._min_free_bytes = min_free_bytes
        self._timers = timers
        self._counters = counters
        self._stuck_s = stuck_s
        self._limiter = anyio.CapacityLimiter(1)

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await anyio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Exception:
                self._counters.fault("storage")
                log.exception("looking after the storage failed")

    async def look(self) -> None:
        """Look once: at the room, and, after a failure, whether writing works again."""
        self._storage.looked(await self._trouble())
        if self._storage.failed is not None and self._committer.writing_since is None:
            # Nobody may be posting: without this the service would not notice that it can go on.
            with anyio.move_on_after(self._stuck_s):
                await self._committer.write(Probe()).done.wait()

    async def _trouble(self) -> StoreError | None:
        """Why no event should be taken, besides that writing fails."""
        since = self._committer.writing_since
        if since is not None and self._timers.time() - since >= self._stuck_s:
            return StoreError(f"a write has not ended for {self._stuck_s:g} s")
        try:
            with anyio.fail_after(self._stuck_s):
                free_bytes = await anyio.to_thread.run_sync(
                    self._store.free_bytes, limiter=self._limiter, abandon_on_cancel=True
                )
        except StoreError as error:
            return error
        except TimeoutError:
            return StoreError(f"the disk has not answered for {self._stuck_s:g} s")
        if free_bytes < self._min_free_bytes:
            return StoreFull(f"less than {spelled(self._min_free_bytes)} are left")
        return None


def spelled(size_bytes: int) -> str:
    """A size as people write it: ``256 MiB``."""
    size, unit = float(size_bytes), "bytes"
    for bigger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, bigger
    return f"{size:.4g} {unit}"
