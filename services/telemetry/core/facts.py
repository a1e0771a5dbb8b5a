"""What is said of a run: in frames, in JSON, in lists. Plain dictionaries, in the words of the contract."""

from typing import Any

from services.telemetry.core.run_log import RunLog
from shared.limits import CONTRACT_VERSION
from shared.status import RunStatus

Facts = dict[str, Any]

DELETED = "deleted"
"""The status of a run that is no more, in ``end`` and ``status_update``."""


def status_facts(log: RunLog, *, producer: Facts | None, rejected: int, unaccounted: int | None, storage: str) -> Facts:
    """The data of ``status_update``."""
    return {
        "status": log.status.value,
        "reason": log.fold.reason,
        "phase": log.fold.phase,
        "producer": producer,
        "rejected": rejected,
        "complete": log.complete,
        "unaccounted": unaccounted,
        "storage": storage,
    }


def stats_facts(log: RunLog) -> Facts:
    """The data of ``fpf_stats_update``."""
    return {"seq": log.high, "time": log.last_time, "stats": log.stats()}


def hello_facts(log: RunLog, *, build: str, heartbeat_s: float | None, producer: Facts | None) -> Facts:
    """The data of ``hello``."""
    return {
        "contract": CONTRACT_VERSION,
        "build": build,
        "status": log.status.value,
        "seq": log.high,
        "epoch": log.epoch,
        "heartbeat_s": heartbeat_s,
        "producer": producer,
    }


def end_facts(log: RunLog, *, deleted: bool = False) -> Facts:
    """The data of ``end``. ``resumable``: something is missing, so that a resume could bring it."""
    return {
        "status": DELETED if deleted else log.status.value,
        "seq": log.high,
        "count": log.high,
        "digest": log.digest,
        "complete": log.complete,
        "resumable": log.ended and not deleted and log.status is not RunStatus.COMPLETED,
    }


def log_facts(log: RunLog) -> Facts:
    """Everything that follows from the log alone, for ``GET /runs/{id}``."""
    return {
        "run_id": log.run_id,
        "epoch": log.epoch,
        "status": log.status.value,
        "reason": log.fold.reason,
        "phase": log.fold.phase,
        "first": 1,
        "last": log.high,
        "count": log.high,
        "position": log.place(log.high),
        "digest": log.digest,
        "complete": log.complete,
        "first_time": log.first_time,
        "last_time": log.last_time,
        "stats": log.stats(),
    }
