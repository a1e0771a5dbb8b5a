"""``acm2 watch``: a run, live, until it ends. Looking only: Ctrl-C stops the watching, never the run."""

import random
from typing import Any

import anyio

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import executor_at
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.exit_of import exit_code
from services.cli.showing.consoles import Consoles, consoles, print_json
from services.cli.showing.run_view import RunView
from services.cli.showing.screen import screen_for
from services.cli.watching import PATIENCE_S, Watch
from services.cli.watching import watch as watch_to_the_end
from services.cli.which_run import which_run
from shared import paths


def watch(
    *,
    run: options.Run = None,
    patience: options.Patience = PATIENCE_S,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> int:
    """Watch a run until it ends.

    The exit code says how it ended: 0 completed, 3 completed with errors, 4 failed, 5 cancelled, 6 interrupted and
    nobody came back to it, 69 telemetry cannot be reached, 130 Ctrl-C.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    status, state = anyio.run(_watch, where, run, patience, consoles())
    if json:
        print_json(state)
    return exit_code(status)


async def _watch(where: Addresses, typed: str | None, patience_s: float, shown: Consoles) -> tuple[str, dict[str, Any]]:
    async with telemetry_at(where.telemetry) as telemetry, executor_at(where.executor) as executor:
        run_id = await which_run(typed, telemetry, may_come=True)
        view = RunView(run_id, page=f"{telemetry.base_url}{paths.PAGE}?run={run_id}")
        with screen_for(shown) as screen:
            status = await watch_to_the_end(
                Watch(
                    telemetry=telemetry,
                    executor=executor,
                    view=view,
                    screen=screen,
                    rng=random.Random(),
                    patience_s=patience_s,
                )
            )
    return status, {
        "run_id": run_id,
        "status": status,
        "phase": view.phase,
        "stats": view.stats,
        "complete": view.complete,
        "rejected": view.rejected,
        "unaccounted": view.unaccounted,
        "troubles": [trouble.text for trouble in view.troubles],
    }
