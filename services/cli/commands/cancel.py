"""``acm2 cancel``: no further request of the run goes out."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.executors_run import executors_run
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.phrases import status


def cancel(
    *,
    run: options.Run = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Cancel a run: no further request goes out."""
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    run_id, answer = anyio.run(_cancel, where, run)
    if json:
        print_json(answer)
    else:
        consoles().result(f"{run_id}: {status(str(answer.get('status', 'cancelling')))}")


async def _cancel(where: Addresses, typed: str | None) -> tuple[str, Json]:
    async with executor_at(where.executor) as executor:
        run_id = await executors_run(typed, executor, where.telemetry)
        return run_id, await executor.cancel(run_id)
