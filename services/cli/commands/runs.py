"""``acm2 runs``: every run telemetry has heard of, or the executor's own where telemetry does not answer."""

from typing import Annotated, Any

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import executor_at
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import Unreachable
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.run_table import run_table


def runs(
    *,
    limit: Annotated[int, typer.Option(envvar="ACM2_LIMIT", min=1, help="How many at most.")] = 20,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """List the runs, newest first."""
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    found = anyio.run(_list, where, limit)
    if json:
        print_json(found)
    elif found:
        consoles().show([run_table(found)])
    else:
        consoles().note("there is no run yet; start one with: acm2 demo")


async def _list(where: Addresses, limit: int) -> list[dict[str, Any]]:
    params = {"limit": str(limit)}
    try:
        async with telemetry_at(where.telemetry) as telemetry:
            return await telemetry.runs(params)
    except Unreachable as silent:
        try:
            async with executor_at(where.executor) as executor:
                return await executor.runs(params)
        except Unreachable:
            raise silent from None
