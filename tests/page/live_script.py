"""What the live stream says of a log, as CONTRACT section 4 has it: frames for ``scripted_telemetry`` to send."""

from collections.abc import Sequence
from typing import Any

from shared.fold import RunFold
from shared.limits import CONTRACT_VERSION
from shared.status import FINAL
from shared.stored import is_single
from tests.golden.folding import apply
from tests.golden.log_builder import EPOCH, RUN_ID, Event
from tests.page.scripted_telemetry import BUILD, Frame


def hello(*, status: str = "running", seq: int = 0, heartbeat_s: float = 15, **more: Any) -> Frame:
    told = {"contract": CONTRACT_VERSION, "build": BUILD, "status": status, "seq": seq, "heartbeat_s": heartbeat_s}
    return {"type": "hello", "run_id": RUN_ID, **told, "producer": None, **more}


def heartbeat(time: str, seq: int = 0) -> Frame:
    return {"type": "heartbeat", "run_id": RUN_ID, "time": time, "seq": seq}


def status_of(fold: RunFold, **more: Any) -> Frame:
    told = {"status": str(fold.status), "phase": fold.phase, "producer": None, "rejected": 0, "complete": None}
    return {"type": "status_update", "run_id": RUN_ID, **told, **more}


def stats_of(fold: RunFold) -> Frame:
    seq = fold.seen.upto
    return {
        "type": "fpf_stats_update",
        "run_id": RUN_ID,
        "seq": seq,
        "stats": fold.stats(),
        "sse_id": f"{EPOCH}-{seq}",
    }


def end_of(fold: RunFold, digest: str, **more: Any) -> Frame:
    seq = fold.seen.upto
    told = {
        "status": str(fold.status),
        "seq": seq,
        "count": seq,
        "digest": digest,
        "complete": True,
        "resumable": False,
    }
    return {"type": "end", "run_id": RUN_ID, **told, "sse_id": f"{EPOCH}-{seq}", **more}


class LiveScript:
    """Events in, frames out: what a viewer is owed for each step."""

    def __init__(self) -> None:
        self.fold = RunFold()

    def flush(self, events: Sequence[Event]) -> list[Frame]:
        """One flush: single events first, then the status, the stats last."""
        frames: list[Frame] = []
        for event in events:
            apply(self.fold, event)
            if is_single(event["type"]):
                frames.append({**event, "sse_id": f"{EPOCH}-{event['seq']}"})
        return [*frames, status_of(self.fold), stats_of(self.fold)]

    @property
    def ended(self) -> bool:
        return self.fold.status in FINAL
