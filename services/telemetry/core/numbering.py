"""Which place in the log an event has, or why it has none. Source: CONTRACT section 1.

The first event fixes who numbers the run. What is numbered here is assigned, not yet committed: a commit that fails
takes the numbers back.
"""

from typing import Literal

from services.telemetry.core.incoming import Incoming
from services.telemetry.core.refused import Refused

Numberer = Literal["producer", "service"]


class Numbering:
    """The numbers of one run: who gives them, and how far they go."""

    __slots__ = ("by", "epoch", "finished", "high", "ids")

    def __init__(self) -> None:
        self.by: Numberer | None = None
        self.epoch: str | None = None
        self.high = 0
        self.finished = False
        self.ids: dict[str, int] = {}
        """Where each ``id`` of a service-numbered run stands, for the life of the run."""

    def place(self, event: Incoming) -> int:
        """The seq the event gets (``high`` + 1), or has if it is a repeat (up to ``high``); raises ``Refused``."""
        seq = self._place_by_service(event) if event.seq is None else self._place_by_producer(event, event.seq)
        if seq > self.high and self.finished and event.type != "run_resumed":
            raise Refused("run-finished", "type", "the run is over; only run_resumed can follow run_finished")
        return seq

    def _place_by_service(self, event: Incoming) -> int:
        if self.by == "producer":
            raise Refused("numbered-by-producer", "seq", "events of this run have seq and epoch; its first one had")
        if event.id is not None:
            return self.ids.get(event.id, self.high + 1)
        return self.high + 1

    def _place_by_producer(self, event: Incoming, seq: int) -> int:
        if self.by == "service":
            raise Refused("numbered-by-service", "seq", "this service numbers the run; its first event had no seq")
        if self.epoch is not None and event.epoch != self.epoch:
            raise Refused("epoch-conflict", "epoch", f"this run's epoch is {self.epoch}, for ever")
        if seq > self.high + 1:
            raise Refused("sequence-gap", "seq", f"expected {self.high + 1}, got {seq}")
        return seq

    def extend(self, event: Incoming, *, made_epoch: str) -> str:
        """Give the event the next number; returns the run's epoch (``made_epoch`` where this event begins the run)."""
        if self.epoch is None:
            self.by = "service" if event.epoch is None else "producer"
            self.epoch = event.epoch or made_epoch
        self.high += 1
        if event.type == "run_finished":
            self.finished = True
        elif event.type == "run_resumed":
            self.finished = False
        if event.id is not None and self.by == "service":
            self.ids[event.id] = self.high
        return self.epoch

    def roll_back(self, high: int, *, finished: bool, ids: list[str]) -> None:
        """Take back every number above ``high``; ``ids`` are those of the events that lose theirs."""
        self.high = high
        self.finished = finished
        for id_ in ids:
            if self.ids.get(id_, 0) > high:
                del self.ids[id_]
        if high == 0:
            self.by = self.epoch = None
