"""The run a request is about."""

from starlette.types import Scope

from services.process.problem import Problem
from services.telemetry.flows.channel import Channel
from shared.ids import RUN_ID_PATTERN, is_run_id


def run_id_of(scope: Scope) -> str:
    """The run id of the path; raises the problem ``invalid-id``."""
    return checked_run_id(scope["path_params"]["run_id"])


def checked_run_id(run_id: str) -> str:
    """The run id, if it is one; raises the problem ``invalid-id``."""
    if not is_run_id(run_id):
        message = f"{run_id[:80]!r} is no run id; one is {RUN_ID_PATTERN}"
        raise Problem("invalid-id", message, errors=[{"path": "run_id", "message": message}])
    return run_id


def refuse_deleted(channel: Channel) -> None:
    """Raise the problem ``run-expired`` if the run was deleted."""
    if channel.deleted:
        raise Problem("run-expired", f"run {channel.run_id} was deleted")


def refuse_unknown(channel: Channel) -> None:
    """Raise the problem ``unknown-run`` if the run has not begun."""
    if channel.log.epoch is None:
        raise Problem("unknown-run", f"run {channel.run_id} is not known here: no event of it has come")
