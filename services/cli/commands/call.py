"""``acm2 call``: one question to an LLM, with everything that was sent and answered; or all of a run's, to choose from."""

from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import Json, executor_at
from services.cli.errors import WrongUsage
from services.cli.executors_run import executors_run
from services.cli.showing.call_text import call_lines
from services.cli.showing.consoles import Consoles, consoles, print_json
from services.cli.showing.run_table import call_table

_SHOWN = 200


def call(
    run: options.RunId,
    call_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[CALL]",
            show_default="a list of the run's calls",
            help="The call's id, as the list, the page, the log and errors name it.",
        ),
    ] = None,
    *,
    attempt: Annotated[
        int | None,
        typer.Option(envvar="ACM2_ATTEMPT", min=1, show_default=False, help="Show only this attempt of CALL, whole."),
    ] = None,
    status: Annotated[
        str | None, typer.Option(envvar="ACM2_STATUS", help="List only calls of this status, like failed.")
    ] = None,
    phase: Annotated[
        str | None, typer.Option(envvar="ACM2_PHASE", help="List only calls of this phase, like single_eval.")
    ] = None,
    model: Annotated[str | None, typer.Option(envvar="ACM2_MODEL", help="List only calls to this model.")] = None,
    limit: Annotated[int, typer.Option(envvar="ACM2_LIMIT", min=1, max=10_000, help="List so many at most.")] = _SHOWN,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Show one question to an LLM: each attempt's prompt, answer and error.

    Without CALL the run's calls are listed, with their ids. A call with many attempts, like a research, shows a line for
    each; --attempt shows one whole.
    """
    filters = {name: value for name, value in (("status", status), ("phase", phase), ("model", model)) if value}
    if call_id is not None and filters:
        raise WrongUsage("--status, --phase and --model choose from the list; leave them out with a CALL")
    if call_id is None and attempt is not None:
        raise WrongUsage("--attempt chooses from the attempts of a CALL; say which")
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    shown = consoles()
    if call_id is None:
        found = anyio.run(_calls, where, run, filters | {"limit": str(limit)})
        if json:
            print_json(found["calls"])
        else:
            _show_list(shown, found)
        return
    found = anyio.run(_call, where, run, call_id)
    if json:
        print_json(found)
        return
    if attempt is not None and attempt not in [each.get("attempt") for each in found.get("attempts") or []]:
        raise WrongUsage(f"the call has no attempt {attempt}")
    for line in call_lines(found, attempt):
        shown.result(line)


def _show_list(shown: Consoles, found: Json) -> None:
    if found["calls"]:
        shown.listed(call_table(found["calls"]))
    else:
        shown.note("there is no such call")
    if found["after"] is not None:
        shown.note(f"these are the first {len(found['calls'])}; --limit shows more")


async def _calls(where: Addresses, typed: str, params: dict[str, str]) -> Json:
    async with executor_at(where.executor) as executor:
        return await executor.calls(await executors_run(typed, executor, where.telemetry), params)


async def _call(where: Addresses, typed: str, call_id: str) -> Json:
    async with executor_at(where.executor) as executor:
        return await executor.call(await executors_run(typed, executor, where.telemetry), call_id)
