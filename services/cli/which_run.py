"""Which run is meant: the newest where none is named, else the one whose id begins with what was typed."""

from http import HTTPStatus
from typing import Any, Protocol

from services.cli.errors import NoSuchRun, Refused, WrongUsage
from shared.ids import is_run_id

Json = dict[str, Any]

_LISTED = 100
_CANDIDATES_SHOWN = 10


class Runs(Protocol):
    """Whoever knows runs: the executor or telemetry."""

    async def runs(self, params: dict[str, str] | None = None) -> list[Json]:
        """The runs, newest first."""

    async def run(self, run_id: str) -> Json:
        """One run; raises ``Refused`` with status 404 when it is unknown."""


async def which_run(typed: str | None, known: Runs, *, may_come: bool = False) -> str:
    """The id of the run that is meant.

    Raises ``WrongUsage`` when there is none, or more than one. ``may_come``: a whole id nobody has heard of is taken
    as it is, for it may begin later.
    """
    if typed is not None and not is_run_id(typed):
        raise WrongUsage(f"{typed!r} is no run id: 1 to 64 letters, digits, dots, dashes and underscores")
    ids = [str(run["run_id"]) for run in await known.runs({"limit": "1" if typed is None else str(_LISTED)})]
    if typed is not None:
        return typed if typed in ids else await _chosen(typed, ids, known, may_come=may_come)
    if not ids:
        raise NoSuchRun("there is no run yet; start one with: acm2 demo")
    return ids[0]


async def _chosen(typed: str, ids: list[str], known: Runs, *, may_come: bool) -> str:
    matches = [run_id for run_id in ids if run_id.startswith(typed)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise WrongUsage(f"{typed!r} fits {len(matches)} runs, type more of it:{_listed(matches)}")
    if may_come or await _is_known(typed, known):
        return typed
    raise NoSuchRun(f"there is no run {typed!r}; the newest are:{_listed(ids) or ' none'}")


async def _is_known(run_id: str, known: Runs) -> bool:
    """Whether a run that is not among the newest is there all the same."""
    try:
        await known.run(run_id)
    except Refused as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return True


def _listed(ids: list[str]) -> str:
    shown = "".join(f"\n  {run_id}" for run_id in ids[:_CANDIDATES_SHOWN])
    return shown + (f"\n  and {len(ids) - _CANDIDATES_SHOWN} more" if len(ids) > _CANDIDATES_SHOWN else "")
