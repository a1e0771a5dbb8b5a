"""``acm2 run``: a preset, from start to scores."""

from functools import partial
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, addresses
from services.cli.presets.wish import wish
from services.cli.processes.services_up import Wanted
from services.cli.session import Session, run_session, start, start_detached
from services.cli.showing.consoles import consoles
from services.cli.watching import PATIENCE_S
from services.process.exit_codes import OK


def run(
    preset: options.OptionalPreset = None,
    *,
    settings: options.Set = None,
    documents_from: options.DocumentsFrom = None,
    documents: options.Documents = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", envvar="ACM2_DETACH", help="Start it, print its id, and leave it running.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", envvar="ACM2_YES", help="Start it without a question, whatever it may cost.")
    ] = False,
    patience: options.Patience = PATIENCE_S,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
    data_dir: options.DataDir = None,
) -> int:
    """Run a preset and watch it until it ends.

    On a terminal the plan is shown first: calls, requests and cost at most; where that is above $1 or unknown you are
    asked. A script is never asked: limit it with --set limits.max_cost_usd=2, and look before with acm2 plan.

    Where no service answers on this machine, both are started for the run and ended after it. Ctrl-C cancels the run,
    a second one leaves at once. The exit code says how the run ended: 0 completed, 3 completed with errors, 4 failed,
    5 cancelled, 6 interrupted and nobody came back to it, 64 wrong usage, 69 a service cannot be reached, 130 left.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    asked = wish(
        preset,
        settings or [],
        telemetry_url=where.telemetry,
        documents_from=documents_from,
        documents=documents or [],
    )
    session = Session(
        begin=partial(start, asked),
        label=preset,
        where=where,
        wanted=Wanted(executor_port=executor_port, telemetry_port=telemetry_port, data_dir=data_dir, reuse=True),
        shown=consoles(),
        json=json,
        yes=yes,
        patience_s=patience,
    )
    if detach:
        anyio.run(start_detached, session)
        return OK
    return anyio.run(run_session, session)
