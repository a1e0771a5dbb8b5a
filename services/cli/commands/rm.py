"""``acm2 rm``: a run and everything it made, gone at the executor and at telemetry."""

from http import HTTPStatus
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import ExecutorClient, executor_at
from services.cli.clients.telemetry_client import TelemetryClient, telemetry_at
from services.cli.errors import NoSuchRun, Refused, Unreachable
from services.cli.showing.consoles import Consoles, consoles
from services.cli.which_run import which_run

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


def rm(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or enough of its beginning.")],
    *,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Delete a run with everything it made.

    The executor deletes it and has telemetry delete its events; a run only telemetry knows is deleted there. A run that
    is under way is not deleted: cancel it first.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    shown = consoles()
    shown.result(f"{anyio.run(_remove, where, run, shown)}: deleted")


async def _remove(where: Addresses, typed: str, shown: Consoles) -> str:
    async with telemetry_at(where.telemetry) as telemetry, executor_at(where.executor) as executor:
        run_id = await _find(typed, executor, telemetry)
        executors = await _at_executor(run_id, executor, shown)
        await _at_telemetry(run_id, telemetry, shown, executors=executors)
        return run_id


async def _find(typed: str, executor: ExecutorClient, telemetry: TelemetryClient) -> str:
    """The run that is meant. Telemetry knows everybody's; one that has not come there yet the executor knows."""
    try:
        return await which_run(typed, telemetry)
    except (Unreachable, NoSuchRun) as unknown:
        try:
            return await which_run(typed, executor)
        except Unreachable:
            raise unknown from None


async def _at_executor(run_id: str, executor: ExecutorClient, shown: Consoles) -> bool:
    """Whether it was the executor's, which now deletes it everywhere."""
    try:
        await executor.remove(run_id)
    except Unreachable as error:
        shown.note(f"{error}; deleting at telemetry only")
        return False
    except Refused as error:
        # Somebody's own run is at telemetry only.
        if error.status not in _GONE:
            raise
        return False
    return True


async def _at_telemetry(run_id: str, telemetry: TelemetryClient, shown: Consoles, *, executors: bool) -> None:
    """Gone at telemetry at once; where that cannot be, the executor goes on trying for its own runs."""
    try:
        await telemetry.remove(run_id)
    except Refused as error:
        if error.status not in _GONE and not executors:
            raise
    except Unreachable as error:
        if not executors:
            raise
        shown.note(f"{error}; the executor deletes its events there as soon as it can")
