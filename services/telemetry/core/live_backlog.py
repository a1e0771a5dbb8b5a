"""What a new viewer of the live stream gets of what has been. Source: CONTRACT section 4.

All scores and pairs, the alerts that are raised, the newest ranking, and the newest ``log`` events.
"""

from collections import deque
from typing import Any, NamedTuple

from shared.limits import LIVE_LOG_EVENTS


class Placed(NamedTuple):
    """A frame and its seq."""

    seq: int
    frame: bytes


class LiveBacklog:
    """The events a new viewer has to see, by seq."""

    __slots__ = ("_alerts", "_judgements", "_logs", "_merged", "_ranking")

    def __init__(self) -> None:
        self._judgements: list[Placed] = []
        self._alerts: dict[str, Placed] = {}
        self._ranking: Placed | None = None
        self._logs: deque[Placed] = deque(maxlen=LIVE_LOG_EVENTS)
        self._merged: list[Placed] | None = []

    def take(self, seq: int, type_: str, data: Any, frame: bytes) -> None:
        """Take in an event; seqs come ascending. Types that are no part of the backlog change nothing."""
        placed = Placed(seq, frame)
        if type_ == "log":
            self._logs.append(placed)
        elif type_ in {"score_recorded", "pair_judged"}:
            self._judgements.append(placed)
        elif type_ == "ranking_changed":
            self._ranking = placed
        elif type_ == "alert":
            self._alerts.pop(data["alert_id"], None)
            if data["state"] == "raised":
                self._alerts[data["alert_id"]] = placed
        else:
            return
        self._merged = None

    def frames(self) -> list[Placed]:
        """All of it in ascending seq. The list is shared: it is made anew when something comes, never changed."""
        if self._merged is None:
            ranking = [self._ranking] if self._ranking else []
            self._merged = sorted([*self._judgements, *self._alerts.values(), *ranking, *self._logs])
        return self._merged
