"""``acm2 pause``: no new request of the run goes out until it is resumed."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.executors_run import executors_run
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.phrases import status


def pause(
    *,
    run: options.Run = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Pause a run: requests under way come to their end, no new one goes out.

    It goes on with: acm2 resume RUN. A run that is over stays as it is.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    run_id, answer = anyio.run(_pause, where, run)
    if json:
        print_json(answer)
    else:
        consoles().result(f"{run_id}: {status(str(answer.get('status', 'paused')))}")


async def _pause(where: Addresses, typed: str | None) -> tuple[str, Json]:
    async with executor_at(where.executor) as executor:
        run_id = await executors_run(typed, executor, where.telemetry)
        return run_id, await executor.pause(run_id)
