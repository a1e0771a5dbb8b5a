"""``acm2 rm``: a run and everything it made, gone at the executor and at telemetry."""

from http import HTTPStatus
from typing import Annotated, Any

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import ExecutorClient, executor_at
from services.cli.clients.telemetry_client import TelemetryClient, telemetry_at
from services.cli.errors import NoSuchRun, Refused, Unreachable, WrongUsage
from services.cli.showing.consoles import Consoles, consoles, print_json
from services.cli.showing.phrases import status
from services.cli.which_run import which_run

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_ACTIVE = "run-active"

Json = dict[str, Any]


def rm(
    run: options.RunId,
    *,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            envvar="ACM2_FORCE",
            help="End and delete a run at telemetry that counts as active, though nobody works on it.",
        ),
    ] = False,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Delete a run with everything it made.

    The executor deletes it and has telemetry delete its events; a run only telemetry knows is deleted there. A run that
    is under way is not deleted: cancel it first. Where telemetry counts a run as under way that the executor does not
    know (its ledger was lost, another program left it), --force ends its log there and deletes it, unless its producer
    still gives signs of life.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    shown = consoles()
    run_id = anyio.run(_remove, where, run, force, shown)
    if json:
        print_json({"deleted": [run_id]})
    else:
        shown.result(f"{run_id}: deleted")


async def _remove(where: Addresses, typed: str, force: bool, shown: Consoles) -> str:  # noqa: FBT001 - anyio.run passes positions
    async with telemetry_at(where.telemetry) as telemetry, executor_at(where.executor) as executor:
        run_id = await _find(typed, executor, telemetry)
        executors = await _at_executor(run_id, executor, shown)
        if executors:
            await _of_the_executor(run_id, telemetry, shown)
        else:
            await _of_nobody(run_id, telemetry, force=force, unknown=executors is False)
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


async def _at_executor(run_id: str, executor: ExecutorClient, shown: Consoles) -> bool | None:
    """Whether it was the executor's, which now deletes it everywhere; None where it cannot be asked."""
    try:
        await executor.remove(run_id)
    except Unreachable as error:
        shown.note(f"{error}; deleting at telemetry only")
        return None
    except Refused as error:
        # Somebody's own run is at telemetry only.
        if error.status not in _GONE:
            raise
        return False
    return True


async def _of_the_executor(run_id: str, telemetry: TelemetryClient, shown: Consoles) -> None:
    """Gone at telemetry at once; where that cannot be, the executor goes on trying."""
    try:
        await telemetry.remove(run_id)
    except Refused as error:
        if error.status not in _GONE:
            shown.note(f"{error}; the executor deletes its events there as soon as it can")
    except Unreachable as error:
        shown.note(f"{error}; the executor deletes its events there as soon as it can")


async def _of_nobody(run_id: str, telemetry: TelemetryClient, *, force: bool, unknown: bool) -> None:
    """Gone at telemetry, the only place it is; ``unknown``: the executor has said that it does not know the run."""
    try:
        await telemetry.remove(run_id)
    except Refused as error:
        if error.type != _ACTIVE:
            raise
        run = await telemetry.run(run_id)
        _may_be_ended(run_id, run, force=force, unknown=unknown)
        await telemetry.end(run)
        await telemetry.remove(run_id)


def _may_be_ended(run_id: str, run: Json, *, force: bool, unknown: bool) -> None:
    """Raises ``WrongUsage`` with the way out for a run whose log may not be ended from here."""
    counts = f"{run_id} counts as {status(str(run.get('status')))} at telemetry"
    if not unknown:
        raise WrongUsage(
            f"{counts}, and the executor cannot be asked whether it is one of its runs. Start it with: acm2 up; then "
            f"cancel the run (acm2 cancel {run_id}), or, if it does not know it, delete it with: acm2 rm {run_id} --force"
        )
    if (run.get("producer") or {}).get("state") == "live":
        raise WrongUsage(
            f"{counts}, and the program that posts its events gives signs of life: only that program can end it. "
            "Nothing is deleted, with --force neither"
        )
    if not force:
        raise WrongUsage(
            f"{counts}, but the executor does not know it and nobody has given a sign of life for it lately. To end its "
            f"log at telemetry and delete it: acm2 rm {run_id} --force"
        )
