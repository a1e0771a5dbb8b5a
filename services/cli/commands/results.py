"""``acm2 results``: scores, and what follows from them."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.result_tables import result_parts
from services.cli.which_run import which_run


def results(
    *,
    run: options.Run = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> None:
    """Show a run's scores and what follows from them."""
    run_id, found = anyio.run(_results, addresses(executor_url, executor_port=executor_port).executor, run)
    if json:
        print_json(found)
    else:
        shown = consoles()
        shown.note(f"run   {run_id}")
        shown.show(result_parts(found))


async def _results(url: str, typed: str | None) -> tuple[str, Json]:
    async with executor_at(url) as executor:
        run_id = await which_run(typed, executor)
        return run_id, await executor.results(run_id)
