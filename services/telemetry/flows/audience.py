"""Who watches a run: the readers of its log and the watchers of its live view."""

from collections.abc import Callable
from functools import partial

from services.telemetry.core import facts, frames
from services.telemetry.core.run_log import RunLog
from services.telemetry.flows.ports import Timers
from services.telemetry.flows.readers import Readers
from services.telemetry.flows.watchers import Watchers


class Audience:
    """All viewers of one run. ``changed`` is called whenever something of the run is new."""

    def __init__(
        self,
        log: RunLog,
        timers: Timers,
        *,
        status: Callable[[], facts.Facts],
        changed: Callable[[], None],
        faulty: Callable[[str, Exception], None],
    ) -> None:
        self.log = log
        self.readers = Readers(log, timers, faulty=partial(faulty, "flush"))
        self.watchers = Watchers(log, timers, status=status, end_frame=self.end_frame, faulty=partial(faulty, "flush"))
        self.faulty = faulty
        self.delivered = 0
        """Event frames handed to viewers' connections."""
        self._changed = changed

    def __len__(self) -> int:
        return len(self.readers.viewers) + len(self.watchers.viewers)

    def log_grew(self) -> None:
        """New events were committed."""
        self.readers.touch()
        self.state_changed()

    def state_changed(self) -> None:
        """The status may be another."""
        self.watchers.touch()
        self._changed()

    def deleted(self) -> None:
        """The run is no more: every viewer is told, and goes."""
        self.readers.deleted()
        self.watchers.deleted()
        self._changed()

    def end_frame(self, *, deleted: bool = False) -> bytes:
        """The last word of a stream."""
        id_ = self.log.place(self.log.high) if self.log.high else None
        return frames.word("end", self.log.run_id, facts.end_facts(self.log, deleted=deleted), id_=id_)
