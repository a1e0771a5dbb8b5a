"""What a scenario brought: its counts, its times, and what was not as it must be."""

from collections import Counter
from dataclasses import dataclass, field

from tests.faults.timeline import Timeline, first_after

NOTICED_WITHIN_S = 12.0
"""What is noticed later is put down to another fault."""


@dataclass
class Outcome:
    """``broken`` is empty when every promise held."""

    kind: str
    seed: int
    broken: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    events: int = 0
    received: int = 0
    lost: int = 0
    doubled: int = 0
    gaps: int = 0
    calls: int = 0
    attempts: int = 0
    repeated: int = 0
    in_flight_at_kills: int = 0
    """Attempts under way at the moments executor or workers were killed, by the log."""
    provider_asked: int = 0
    least: int = 0
    most: int = 0
    """Between which two the log says the provider's count lies."""
    blindness_s: float = 0.0
    took_s: float = 0.0
    resumed_by_hand: int = 0
    notes: list[str] = field(default_factory=list)
    """What is worth reading and breaks no promise."""
    detected: dict[str, list[float]] = field(default_factory=dict)

    def count(self, timeline: Timeline) -> None:
        """Take in which faults there were."""
        for fault in timeline.faults:
            self.faults[fault.kind] += 1
            self.kills += fault.is_kill

    def detect(self, kind: str, seconds: float | None) -> None:
        """Something was noticed after this long."""
        if seconds is not None:
            self.detected.setdefault(kind, []).append(seconds)


def read_timeline(
    outcome: Outcome, timeline: Timeline, failures: list[tuple[float, str]], lost_at_s: list[float]
) -> None:
    """Fill in how long it took until each kind of fault was shown.

    ``failures``: times of day and kinds of attempts that failed; ``lost_at_s``: monotonic times at which a
    viewer noticed that its link was gone.
    """
    for fault in timeline.faults:
        ended_s = (fault.ended_s or fault.began_s) + NOTICED_WITHIN_S
        if fault.kind in {"worker killed", "worker stopped"}:
            outcome.detect(f"{fault.kind}: its calls end", _first(failures, fault.wall_s, "worker_died"))
        elif fault.kind == "model server killed":
            outcome.detect(f"{fault.kind}: its calls end", _first(failures, fault.wall_s, "connection"))
        elif fault.kind.startswith(("delivery link", "telemetry")):
            seen = first_after(timeline.link, fault.began_s, fault.ended_s or fault.began_s, "down")
            outcome.detect(f"{fault.kind}: executor shows link down", seen)
        if fault.kind.startswith(("executor killed", "executor told", "telemetry killed", "telemetry told")):
            outcome.detect(f"{fault.kind}: back", fault.back_in_s)
        if fault.kind.startswith("executor"):
            outcome.detect(
                f"{fault.kind}: telemetry shows silent",
                first_after(timeline.producer, fault.began_s, ended_s, "silent"),
            )
        if fault.kind == "executor's disk full":
            shown = first_after(timeline.storage, fault.began_s, ended_s, "trouble")
            outcome.detect(f"{fault.kind}: executor shows it", shown)
        if fault.kind.startswith(("viewers' link", "telemetry killed", "telemetry told", "telemetry wiped")):
            noticed = [at - fault.began_s for at in lost_at_s if fault.began_s <= at <= ended_s]
            outcome.detect(f"{fault.kind}: viewer notices", min(noticed, default=None))


def _first(failures: list[tuple[float, str]], wall_s: float, kind: str) -> float | None:
    found = [at - wall_s for at, failed in failures if failed == kind and wall_s <= at <= wall_s + NOTICED_WITHIN_S]
    return min(found, default=None)
