"""``acm2 runs``: every run telemetry has heard of, or the executor's own where telemetry does not answer."""

from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import CommandError, Unreachable
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.run_table import run_table

_EXECUTOR_WITHIN_S = 2.0


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
        consoles().listed(run_table(found))
    else:
        consoles().note("there is no run yet; start one with: acm2 demo")


async def _list(where: Addresses, limit: int) -> list[Json]:
    params = {"limit": str(limit)}
    try:
        async with telemetry_at(where.telemetry) as telemetry:
            found = await telemetry.runs(params)
    except Unreachable as silent:
        try:
            async with executor_at(where.executor) as executor:
                return await executor.runs(params)
        except Unreachable:
            raise silent from None
    presets = await _presets(where.executor, params)
    return [run | ({"preset": name} if (name := presets.get(run["run_id"])) else {}) for run in found]


async def _presets(executor_url: str, params: dict[str, str]) -> dict[str, str]:
    """The preset of each run the executor knows; without an answer there is none to show."""
    with anyio.move_on_after(_EXECUTOR_WITHIN_S):
        async with executor_at(executor_url) as executor:
            try:
                return {
                    str(run["run_id"]): str(run["preset"]) for run in await executor.runs(params) if run.get("preset")
                }
            except CommandError:
                # The list is telemetry's, and whole without the executor.
                return {}
    return {}
