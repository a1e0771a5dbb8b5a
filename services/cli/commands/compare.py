"""``acm2 compare``: runs side by side."""

from collections.abc import Sequence
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.errors import WrongUsage
from services.cli.executors_run import executors_run
from services.cli.showing.compare_tables import compare_parts
from services.cli.showing.consoles import consoles, print_json

_AT_LEAST = 2


def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN RUN ...", help="The runs' ids, or enough of their beginnings.")
    ],
    *,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Show runs side by side: their models by score, comparisons and cost."""
    if len(runs) < _AT_LEAST:
        raise WrongUsage("compare needs two runs or more; the newest are listed by: acm2 runs")
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    found = anyio.run(_compare, where, runs)
    if json:
        print_json(found)
    else:
        consoles().show(compare_parts(found))


async def _compare(where: Addresses, typed: Sequence[str]) -> Json:
    async with executor_at(where.executor) as executor:
        ids = [await executors_run(name, executor, where.telemetry) for name in typed]
        if len(set(ids)) < len(ids):
            raise WrongUsage("the same run is named twice")
        return await executor.compare(ids)
