"""``acm2 cancel``: no further request of the run goes out."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.phrases import status
from services.cli.which_run import which_run


def cancel(
    *,
    run: options.Run = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> None:
    """Cancel a run: no further request goes out."""
    run_id, answer = anyio.run(_cancel, addresses(executor_url, executor_port=executor_port).executor, run)
    if json:
        print_json(answer)
    else:
        consoles().result(f"{run_id}: {status(str(answer.get('status', 'cancelling')))}")


async def _cancel(url: str, typed: str | None) -> tuple[str, Json]:
    async with executor_at(url) as executor:
        run_id = await which_run(typed, executor)
        return run_id, await executor.cancel(run_id)
