"""``acm2 call``: one question to an LLM, with everything that was sent and answered."""

from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.showing.call_text import call_lines
from services.cli.showing.consoles import consoles, print_json
from services.cli.which_run import which_run


def call(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or enough of its beginning.")],
    call_id: Annotated[
        str, typer.Argument(metavar="CALL", help="The call's id, as the page, the log and errors name it.")
    ],
    *,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> None:
    """Show one question to an LLM: each attempt's prompt, answer and error."""
    found = anyio.run(_call, addresses(executor_url, executor_port=executor_port).executor, run, call_id)
    if json:
        print_json(found)
        return
    shown = consoles()
    for line in call_lines(found):
        shown.result(line)


async def _call(url: str, typed: str, call_id: str) -> Json:
    async with executor_at(url) as executor:
        return await executor.call(await which_run(typed, executor), call_id)
