"""``acm2 presets``: what the executor can be told to run by name."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.run_table import preset_table


def presets(
    *,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> None:
    """List the presets the executor knows."""
    found = anyio.run(_list, addresses(executor_url, executor_port=executor_port).executor)
    if json:
        print_json(found)
    else:
        consoles().show([preset_table(found)])


async def _list(url: str) -> list[Json]:
    async with executor_at(url) as executor:
        return await executor.presets()
