"""``acm2 plan``: what a preset would ask and cost."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.presets.overrides import merge_patch
from services.cli.presets.preset_input import question
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.plan_text import plan_lines
from services.process.exit_codes import OK, USAGE


def plan(
    preset: options.Preset,
    *,
    settings: options.Set = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> int:
    """Say what a preset would ask and cost; nothing is started.

    Exit code: 0 it could be started, 64 it could not (mistakes, or environment variables that are missing at the
    executor; the plan is printed all the same), 69 the executor cannot be reached.
    """
    asked = question(preset, merge_patch(settings or []))
    found = anyio.run(_plan, addresses(executor_url, executor_port=executor_port).executor, asked)
    if json:
        print_json(found)
    else:
        for line in plan_lines(found):
            consoles().result(line)
    return USAGE if found.get("missing") else OK


async def _plan(url: str, asked: Json) -> Json:
    async with executor_at(url) as executor:
        return await executor.plan(asked)
