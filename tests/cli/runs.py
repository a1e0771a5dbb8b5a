"""Frames and answers a fake telemetry or executor gives, with only what a test cares about."""

from typing import Any

from tests.cli.fake_server import frame

RUN = "20261122-101500-k3v9x2"
EPOCH = "k3v9"

_ZEROES = (
    "total_calls", "successful_calls", "failed_calls", "retries", "planned_calls", "queued", "in_flight",
    "cancelled_calls", "lost_calls", "not_started", "attempts", "failed_attempts", "input_tokens", "output_tokens",
)  # fmt: skip


def stats(**known: Any) -> dict[str, Any]:
    """Numbers of a run, zero where the test does not care."""
    unknown = {"current_phase": None, "current_call": None, "last_error": None, "cost_usd": None, "eta_s": None}
    lists: dict[str, Any] = {"in_flight_calls": [], "errors": [], "alerts": [], "violations": []}
    return dict.fromkeys(_ZEROES, 0) | unknown | {"calls_per_minute": None} | lists | known


def hello(status: str = "running", **more: Any) -> bytes:
    return frame("hello", {"type": "hello", "run_id": RUN, "status": status, "heartbeat_s": 5, **more}, retry_ms=20)


def status(name: str, **more: Any) -> bytes:
    return frame("status_update", {"type": "status_update", "run_id": RUN, "status": name, "phase": None, **more})


def numbers(seq: int, **known: Any) -> bytes:
    data = {"type": "fpf_stats_update", "run_id": RUN, "seq": seq, "stats": stats(**known)}
    return frame("fpf_stats_update", data, f"{EPOCH}-{seq}")


def event(type_: str, seq: int, **data: Any) -> bytes:
    return frame(type_, stored(type_, seq, **data), f"{EPOCH}-{seq}")


def stored(type_: str, seq: int, **data: Any) -> dict[str, Any]:
    time = f"2026-11-22T10:15:{seq % 60:02d}.000Z"
    return {"type": type_, "run_id": RUN, "seq": seq, "epoch": EPOCH, "time": time, "data": data}


def end(name: str, seq: int = 99) -> bytes:
    return frame("end", {"type": "end", "run_id": RUN, "status": name, "seq": seq}, f"{EPOCH}-{seq}")


def run_list(*ids: str) -> dict[str, Any]:
    return {"runs": [{"run_id": run_id, "status": "completed", "stats": stats()} for run_id in ids]}
