"""``acm2 rm``: a run and everything it made, gone at the executor and at telemetry."""

from http import HTTPStatus
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import executor_at
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import Refused, Unreachable
from services.cli.showing.consoles import Consoles, consoles
from services.cli.which_run import which_run


def rm(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or enough of its beginning.")],
    *,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Delete a run with everything it made."""
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    shown = consoles()
    shown.result(f"{anyio.run(_remove, where, run, shown)}: deleted")


async def _remove(where: Addresses, typed: str, shown: Consoles) -> str:
    async with telemetry_at(where.telemetry) as telemetry, executor_at(where.executor) as executor:
        run_id = await which_run(typed, telemetry)
        try:
            await executor.remove(run_id)
        except Unreachable as error:
            shown.note(f"{error}; deleting at telemetry only")
        except Refused as error:
            # Somebody's own run is at telemetry only.
            if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
                shown.note("this executor deletes no runs: what it knows of the run stays there")
            elif error.status != HTTPStatus.NOT_FOUND:
                raise
        await telemetry.remove(run_id)
        return run_id
