"""``acm2 demo``: the whole path on this machine, with a real LLM that needs no key."""

import sys
from functools import partial
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, addresses
from services.cli.presets.wish import Wish
from services.cli.processes.services_up import Wanted
from services.cli.session import Session, run_session, start
from services.cli.showing.consoles import consoles

PRESET = "demo"
FULL = "demo-full"


def demo(
    *,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            envvar="ACM2_FULL",
            help="All five phases: generate, score, compare in pairs, combine the best, compare again.",
        ),
    ] = False,
    exit_after: Annotated[
        bool, typer.Option("--exit", envvar="ACM2_EXIT", help="End when the run has ended, on a terminal too.")
    ] = False,
    json: options.Json = False,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
    data_dir: options.DataDir = None,
) -> int:
    """Watch a real LLM evaluate real documents on this machine: no key, no account.

    Starts telemetry, the executor and an embedded model, runs the preset "demo" (--full: "demo-full"), and shows it live
    here and on the page whose address it prints. Services that run already are used as they are. The exit code is the
    run's.
    """
    preset = FULL if full else PRESET
    where = addresses(executor_port=executor_port, telemetry_port=telemetry_port)
    session = Session(
        begin=partial(start, Wish(body={"preset": preset}, telemetry_url=where.telemetry)),
        label=preset,
        where=where,
        wanted=Wanted(executor_port=executor_port, telemetry_port=telemetry_port, data_dir=data_dir, reuse=True),
        shown=consoles(),
        json=json,
        yes=True,
        stay=sys.stdout.isatty() and not exit_after,
        page_is_result=True,
    )
    return anyio.run(run_session, session)
