"""``acm2 plan``: what a preset would ask and cost."""

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.presets.wish import Wish, wish
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.plan_text import plan_lines
from services.process.exit_codes import OK, USAGE


def plan(
    preset: options.OptionalPreset = None,
    *,
    settings: options.Set = None,
    documents_from: options.DocumentsFrom = None,
    documents: options.Documents = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> int:
    """Say what a preset would ask and cost; nothing is started.

    Exit code: 0 it could be started, 64 it could not (mistakes, or environment variables that are missing at the
    executor; the plan is printed all the same), 69 the executor cannot be reached.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    asked = wish(
        preset,
        settings or [],
        telemetry_url=where.telemetry,
        documents_from=documents_from,
        documents=documents or [],
    )
    found = anyio.run(_plan, where.executor, asked)
    if json:
        print_json(found)
    else:
        for line in plan_lines(found):
            consoles().result(line)
    return USAGE if found.get("missing") else OK


async def _plan(url: str, asked: Wish) -> Json:
    async with executor_at(url) as executor:
        return await executor.plan(await asked.question(executor))
