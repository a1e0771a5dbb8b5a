"""Which scenarios there are: what goes wrong in each, how often, and on how large an evaluation."""

from dataclasses import dataclass, field
from typing import Literal

from tests.faults import injuries
from tests.faults.evaluation import Size
from tests.faults.injuries import Injury


@dataclass(frozen=True)
class Scenario:
    """``injuries`` with their weights; between two of them between ``least_pause_s`` and ``most_pause_s``."""

    kind: str
    injuries: tuple[tuple[Injury, float], ...]
    size: Size = field(default_factory=Size)
    least_pause_s: float = 0.1
    most_pause_s: float = 1.0
    slowest_answer_s: float = 0.4
    most_injuries: int = 12
    at_once: int = 1
    """How many injuries can be under way at the same time."""
    local: bool = False
    """The main run is made by the embedded model; nobody counts its requests but the log."""
    ends: Literal["completed", "completed_with_errors", "cancelled"] = "completed"
    """What becomes of the main run; one that is to be completed is resumed while something is missing."""
    max_requests: int | None = None
    after_the_end_s: float = 0.0
    """How long the injuries go on when the runs are over."""
    exactly: bool = False
    """Nothing is killed and no connection cut: the provider's count must be equal."""


_KILLS: tuple[tuple[Injury, float], ...] = (
    (injuries.kill_executor, 2),
    (injuries.kill_telemetry, 1),
    (injuries.kill_worker, 2),
    (injuries.stop_worker, 1),
)

SCENARIOS: dict[str, Scenario] = {
    scenario.kind: scenario
    for scenario in (
        Scenario(
            "nothing breaks but the provider",
            ((injuries.provider_moods, 1),),
            exactly=True,
        ),
        Scenario(
            "executor killed",
            ((injuries.kill_executor, 4), (injuries.end_executor, 1)),
            most_injuries=4,
            least_pause_s=1.0,
            most_pause_s=2.5,
        ),
        Scenario(
            "telemetry killed and wiped",
            ((injuries.kill_telemetry, 2), (injuries.end_telemetry, 1), (injuries.wipe_telemetry, 2)),
            most_injuries=6,
        ),
        Scenario(
            "telemetry wiped after the end",
            ((injuries.wipe_telemetry, 1),),
            size=Size(documents=1, makers=1, judges=1),
            least_pause_s=3.0,
            most_pause_s=6.0,
            most_injuries=1,
            after_the_end_s=30.0,
        ),
        Scenario(
            "budget spent among kills",
            _KILLS,
            max_requests=70,
            ends="completed_with_errors",
            most_injuries=6,
            most_pause_s=1.5,
        ),
        Scenario(
            "cancelled among kills",
            _KILLS,
            ends="cancelled",
            most_injuries=8,
            most_pause_s=1.0,
        ),
        Scenario(
            "workers killed and stopped",
            ((injuries.kill_worker, 2), (injuries.stop_worker, 1)),
            most_injuries=10,
        ),
        Scenario(
            "links spoiled",
            (
                (injuries.spoil_delivery, 2),
                (injuries.spoil_provider_link, 1),
                (injuries.spoil_viewers_link, 2),
            ),
            at_once=2,
            most_injuries=10,
        ),
        Scenario(
            "services frozen",
            ((injuries.freeze_executor, 1), (injuries.freeze_telemetry, 1)),
            most_injuries=5,
        ),
        Scenario(
            "executor silent",
            ((injuries.freeze_executor_long, 1),),
            most_injuries=1,
        ),
        Scenario(
            "disks full",
            ((injuries.fill_disk_of_executor, 1), (injuries.fill_disk_of_telemetry, 1)),
            most_injuries=4,
        ),
        Scenario(
            "model server killed",
            ((injuries.kill_model_server, 1),),
            local=True,
            most_injuries=2,
            least_pause_s=1.0,
            most_pause_s=2.0,
        ),
        Scenario(
            "everything",
            (
                (injuries.kill_executor, 3),
                (injuries.end_executor, 1),
                (injuries.kill_telemetry, 3),
                (injuries.wipe_telemetry, 1),
                (injuries.kill_worker, 4),
                (injuries.stop_worker, 2),
                (injuries.freeze_executor, 1),
                (injuries.freeze_telemetry, 1),
                (injuries.spoil_delivery, 2),
                (injuries.spoil_provider_link, 1),
                (injuries.spoil_viewers_link, 2),
                (injuries.fill_disk_of_executor, 1),
                (injuries.fill_disk_of_telemetry, 1),
                (injuries.provider_moods, 1),
                (injuries.pause_run, 1),
            ),
            after_the_end_s=6.0,
            size=Size(documents=12, makers=2, judges=4),
            most_injuries=20,
            at_once=2,
            most_pause_s=0.7,
        ),
    )
}
