"""One run's log as it is known in memory: its numbers, its fingerprint, its fold, its newest frames.

Only committed events come here, each once, in order; so every viewer sees the same and nothing that could be lost.
"""

import hashlib
from typing import Any

from msgspec import Struct

from services.telemetry.core.frames import event_frame
from services.telemetry.core.holes import Holes
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
        "_fold_fault",
        "_numbers",
        "backlog",
        "discarded",
        "epoch",
        "first_time",
        "fold",
        "high",
        "holes",
        "last_time",
        "run_id",
        "tail",
        "unfolded",
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
        self.holes = Holes()
        """Events that were stored and cannot be read any more."""
        self.discarded = 0
        """Events the producer reports as dropped."""
        self.unfolded = 0
        """Events the numbers leave out, because counting them failed."""
        self._fold_fault: str | None = None
        self._numbers: dict[str, Any] | None = None
        self._digest = digest.EMPTY
        self._agrees: bool | None = None

    def append(self, entry: Entry, epoch: str) -> Exception | None:
        """Take in the next event. A fault of the fold is returned: the log itself is as it is stored, all the same."""
        type_, time, line = entry.type, entry.time, entry.line
        if self.epoch is None:
            self.epoch = epoch
            self.first_time = time
        before, seq = self._digest, entry.seq
        self._digest = hashlib.sha256(before + line).digest()
        self.high = seq
        self.last_time = time
        frame = event_frame(epoch, seq, type_, line)
        self.tail.append(frame, single=is_single(type_))
        try:
            if type_ == "run_finished":
                self._agrees = self._compare(entry.value, seq - 1, before)
            elif type_ == "client_report":
                self.discarded += sum(item["quantity"] for item in entry.value["discarded"])
            if type_ in SINGLE_TYPES:
                self.backlog.take(seq, type_, entry.value, frame)
            self.fold.apply(seq, type_, time, entry.time_ms, entry.value)
        except Exception as error:  # noqa: BLE001 - whatever it was, the log must not stop at this event
            self.unfolded += 1
            self._fold_fault = f"events were not counted because of a fault, the newest at seq {seq}"
            return error
        return None

    def append_unreadable(self, line: bytes, epoch: str) -> None:
        """Take in the next event, of which nothing is known but that it is there."""
        self.epoch = epoch
        self.high += 1
        self._digest = hashlib.sha256(self._digest + line).digest()
        self.tail.append(b"", single=False)
        self.holes.add(self.high)

    def stats(self) -> dict[str, Any]:
        """The numbers of the run; what they leave out, or that they are old, is among their ``violations``."""
        try:
            numbers = self.fold.stats()
        except Exception as error:  # noqa: BLE001 - a run that cannot be counted must not take its viewers with it
            self._fold_fault = f"the numbers cannot be brought up to date: {type(error).__name__}"
            numbers = self._numbers or RunFold().stats()
        else:
            self._numbers = numbers if self._fold_fault else None
        wrong = [self._fold_fault] if self._fold_fault else []
        if self.holes:
            wrong.append(f"stored events that cannot be read any more: {len(self.holes)} (seq {self.holes.spelled()})")
        return {**numbers, "violations": [*numbers["violations"], *wrong]} if wrong else numbers

    def _compare(self, claimed: dict[str, Any], count: int, fingerprint_before: bytes) -> bool | None:
        """Whether a ``run_finished`` says the truth about the log before it; None if it says nothing."""
        events, fingerprint = claimed.get("events"), claimed.get("digest")
        if events is None and fingerprint is None:
            return None
        return (events is None or events == count) and (fingerprint is None or fingerprint == fingerprint_before.hex())

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
