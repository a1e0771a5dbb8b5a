"""``acm2 results``: scores, and what follows from them."""

from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.executors_run import executors_run
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.result_tables import result_parts


def results(
    *,
    run: options.Run = None,
    within: Annotated[
        float | None,
        typer.Option(
            envvar="ACM2_WITHIN",
            min=0,
            show_default="0.25 points",
            help="How much worse than the best is good enough: names the cheapest model that is.",
        ),
    ] = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Show a run's scores and what follows from them.

    Scores by criterion, rankings with 95 % intervals, winners, how judges judge, what it cost by phase, model and judge,
    which models no other beats in both cost and quality, what is missing and why, and the answer in one line.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    run_id, found = anyio.run(_results, where, run, within)
    if json:
        print_json(found)
    else:
        shown = consoles()
        shown.note(f"run   {run_id}")
        shown.show(result_parts(found))


async def _results(where: Addresses, typed: str | None, within: float | None) -> tuple[str, Json]:
    async with executor_at(where.executor) as executor:
        run_id = await executors_run(typed, executor, where.telemetry)
        return run_id, await executor.results(run_id, within)
