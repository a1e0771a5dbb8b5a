"""Which attempts were in flight when something was killed, and whether every attempt that died was one of them."""

from dataclasses import dataclass

from shared.stored import parse_time
from tests.faults.logs import Log
from tests.faults.timeline import Fault

EXECUTOR_OR_WORKER = ("executor killed", "executor told to stop", "worker killed", "worker stopped")
FOUND_WITHIN_S = {"worker stopped": 12.0}
"""How long a process that does not answer can still be handed calls; a dead one is found at once."""

AT_ONCE_S = 2.0
"""On a busy machine."""


@dataclass(frozen=True)
class Span:
    """One attempt, in times of day; ``failed_as`` is None for one that succeeded."""

    name: str
    began_s: float
    ended_s: float
    failed_as: str | None

    @property
    def died(self) -> bool:
        return self.failed_as == "worker_died"


def spans(log: Log) -> list[Span]:
    """Every attempt of a log, ended ones only."""
    began: dict[str, float] = {}
    found = []
    for event in log.events:
        data, type_ = event["data"], event["type"]
        if not type_.startswith("attempt_"):
            continue
        name, time_ms = f"{data['call_id']}/{data['attempt']}", parse_time(event["time"])
        assert time_ms is not None
        if type_ == "attempt_started":
            began[name] = time_ms / 1000
        elif name in began:
            failed_as = data["error"]["kind"] if type_ == "attempt_failed" else None
            found.append(Span(name, began[name], time_ms / 1000, failed_as))
    return found


def in_flight_at(fault: Fault, attempts: list[Span]) -> int:
    """How many attempts were under way when it happened."""
    return sum(span.began_s <= fault.wall_s <= span.ended_s for span in attempts)


def died_without_a_kill(attempts: list[Span], faults: list[Fault]) -> list[str]:
    """Attempts that are said to have died though nothing that held them was killed or stopped."""
    kills = [fault for fault in faults if fault.kind in EXECUTOR_OR_WORKER]
    return [
        f"{span.name} died, and nothing had been killed"
        for span in attempts
        if span.died and not any(_can_have_died_of(fault, span) for fault in kills)
    ]


def _can_have_died_of(fault: Fault, span: Span) -> bool:
    return span.began_s <= fault.wall_s + FOUND_WITHIN_S.get(fault.kind, AT_ONCE_S) and fault.wall_s <= span.ended_s
