"""``acm2 resume``: a run goes on, and is watched like one that was just started."""

from functools import partial
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, addresses
from services.cli.clients.executor_client import ExecutorClient, Json
from services.cli.errors import WrongUsage
from services.cli.executors_run import executors_run
from services.cli.presets.overrides import merge_patch
from services.cli.processes.services_up import Wanted
from services.cli.session import Agree, Session, run_session, start_detached
from services.cli.showing.consoles import consoles
from services.cli.watching import PATIENCE_S
from services.process.exit_codes import OK


def resume(
    *,
    run: options.Run = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            envvar="ACM2_SET",
            show_default=False,
            help="Change a limit of the run, like limits.max_cost_usd=5; may be given several times.",
        ),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", envvar="ACM2_DETACH", help="Let it go on, print its id, and leave it.")
    ] = False,
    patience: options.Patience = PATIENCE_S,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
    data_dir: options.DataDir = None,
) -> int:
    """Let a run go on: only what is missing is asked.

    A paused run goes on where it stopped; of an interrupted one or one that is over, what failed, was cancelled, was
    lost or never began is asked again, and what was spent before counts. A run with nothing missing stays as it is.
    Services are started as by run. Ctrl-C cancels the run, a second one leaves at once. The exit code says how the run
    ended: 0 completed, 3 completed with errors, 4 failed, 5 cancelled, 6 interrupted and nobody came back to it,
    64 wrong usage, 69 a service cannot be reached, 130 left.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    session = Session(
        begin=partial(_resume, run, limits_of(settings or []), where.telemetry),
        label=None,
        where=where,
        wanted=Wanted(executor_port=executor_port, telemetry_port=telemetry_port, data_dir=data_dir, reuse=True),
        shown=consoles(),
        json=json,
        patience_s=patience,
    )
    if detach:
        anyio.run(start_detached, session)
        return OK
    return anyio.run(run_session, session)


def limits_of(settings: list[str]) -> Json:
    """The patch of the run's limits; raises ``WrongUsage`` for any other setting."""
    patch = merge_patch(settings)
    others = sorted(set(patch) - {"limits"})
    limits = patch.get("limits", {})
    if others or not isinstance(limits, dict):
        named = others[0] if others else "limits"
        raise WrongUsage(f"--set {named}: a resume can change limits only, like limits.max_cost_usd=5")
    return limits


async def _resume(typed: str | None, limits: Json, telemetry_url: str, executor: ExecutorClient, _: Agree) -> Json:
    return await executor.resume(await executors_run(typed, executor, telemetry_url), limits)
