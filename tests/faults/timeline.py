"""What was done to the system and what the system showed of itself, with times; detection is read off afterwards."""

import time
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One fault: ``began`` and ``ended`` are monotonic, ``wall_s`` is the time of day it began."""

    kind: str
    began_s: float
    wall_s: float
    ended_s: float | None = None
    back_in_s: float | None = None
    """How long a killed service was away, where that was waited for."""
    is_kill: bool = False


@dataclass
class Timeline:
    """``link`` and ``producer`` are what executor and telemetry showed, whenever it changed."""

    faults: list[Fault] = field(default_factory=list)
    link: list[tuple[float, str]] = field(default_factory=list)
    producer: list[tuple[float, str]] = field(default_factory=list)
    storage: list[tuple[float, str]] = field(default_factory=list)
    statuses: list[tuple[float, str]] = field(default_factory=list)

    def begin(self, kind: str, *, is_kill: bool = False) -> Fault:
        fault = Fault(kind, time.monotonic(), time.time(), is_kill=is_kill)
        self.faults.append(fault)
        return fault

    def end(self, fault: Fault) -> None:
        fault.ended_s = time.monotonic()


def note(shown: list[tuple[float, str]], value: str) -> None:
    """Keep what is shown now, if it is not what was shown before."""
    if not shown or shown[-1][1] != value:
        shown.append((time.monotonic(), value))


def first_after(shown: list[tuple[float, str]], began_s: float, ended_s: float, value: str) -> float | None:
    """How long after ``began_s`` this value was first shown; None if not before ``ended_s`` or if it was shown already."""
    current = [state for at, state in shown if at <= began_s]
    if current and current[-1] == value:
        return None
    return next((at - began_s for at, state in shown if began_s < at <= ended_s and state == value), None)
