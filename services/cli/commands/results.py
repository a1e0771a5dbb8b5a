"""``acm2 results``: scores, and what follows from them."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.executors_run import executors_run
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.result_tables import result_parts


def results(
    *,
    run: options.Run = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Show a run's scores and what follows from them."""
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    run_id, found = anyio.run(_results, where, run)
    if json:
        print_json(found)
    else:
        shown = consoles()
        shown.note(f"run   {run_id}")
        shown.show(result_parts(found))


async def _results(where: Addresses, typed: str | None) -> tuple[str, Json]:
    async with executor_at(where.executor) as executor:
        run_id = await executors_run(typed, executor, where.telemetry)
        return run_id, await executor.results(run_id)
