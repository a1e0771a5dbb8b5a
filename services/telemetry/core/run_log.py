"""One run's log as it is known in memory: its numbers, its fingerprint, its fold, its newest frames.

Only committed events come here, each once, in order; so every viewer sees the same and nothing that could be lost.
"""

import hashlib
from typing import Any

from msgspec import Struct

from services.telemetry.core.frames import event_frame
from services.telemetry.core.live_backlog import LiveBacklog
from services.telemetry.core.tail import Tail
from shared import digest
from shared.events import SINGLE_TYPES
from shared.fold import RunFold
from shared.ids import Position
from shared.status import RunStatus
from shared.stored import is_single

_FOLDED_EVENT_BYTES = 300


class Entry(Struct, gc=False):
    """A numbered event and its stored line."""

    seq: int
    type: str
    time: str
    time_ms: int
    value: Any
    line: bytes
    id: str | None = None


class RunLog:
    """A run. Before its first event it has no epoch and its status is ``waiting``."""

    __slots__ = (
        "_agrees",
        "_digest",
        "backlog",
        "epoch",
        "first_time",
        "fold",
        "high",
        "last_time",
        "run_id",
        "tail",
    )

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.epoch: str | None = None
        self.high = 0
        self.fold = RunFold()
        self.tail = Tail()
        self.backlog = LiveBacklog()
        self.first_time: str | None = None
        self.last_time: str | None = None
        self._digest = digest.EMPTY
        self._agrees: bool | None = None

    def append(self, entry: Entry, epoch: str) -> None:
        """Take in the next event."""
        type_, time, line = entry.type, entry.time, entry.line
        if self.epoch is None:
            self.epoch = epoch
            self.first_time = time
        if type_ == "run_finished":
            self._agrees = self._compare(entry.value)
        seq = self.high = entry.seq
        self.last_time = time
        self._digest = hashlib.sha256(self._digest + line).digest()
        frame = event_frame(epoch, seq, type_, line)
        self.tail.append(frame, single=is_single(type_))
        if type_ in SINGLE_TYPES:
            self.backlog.take(seq, type_, entry.value, frame)
        # Last, so that a fault in the fold leaves the log itself as it is stored.
        self.fold.apply(seq, type_, time, entry.time_ms, entry.value)

    def _compare(self, claimed: dict[str, Any]) -> bool | None:
        """Whether a ``run_finished`` says the truth about the log before it; None if it says nothing."""
        events, fingerprint = claimed.get("events"), claimed.get("digest")
        if events is None and fingerprint is None:
            return None
        return (events is None or events == self.high) and (fingerprint is None or fingerprint == self._digest.hex())

    @property
    def status(self) -> RunStatus:
        """The state of the run."""
        return self.fold.status

    @property
    def ended(self) -> bool:
        """Whether the run is over, until it is resumed."""
        return self.fold.ended

    @property
    def digest(self) -> str:
        """The fingerprint of the whole log, lower-case hex."""
        return self._digest.hex()

    @property
    def complete(self) -> bool | None:
        """None until the run is over or if nothing was claimed, else whether the last ``run_finished`` agrees."""
        return self._agrees if self.ended else None

    @property
    def position(self) -> Position | None:
        """The place of the newest event."""
        return None if self.epoch is None else Position(self.epoch, self.high)

    def place(self, seq: int) -> str | None:
        """The id of a seq of this log, if the log has begun."""
        return None if self.epoch is None else f"{self.epoch}-{seq}"

    @property
    def weight_bytes(self) -> int:
        """Roughly how much memory it takes."""
        return self.tail.size_bytes + self.high * _FOLDED_EVENT_BYTES
