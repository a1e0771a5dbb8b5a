"""``acm2 up``: both services on this machine, for as long as this command runs."""

from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, LOOPBACK, TELEMETRY_PORT
from services.cli.errors import ServiceFailed
from services.cli.interrupts import interrupts
from services.cli.processes.leaving_on import leaving_on
from services.cli.processes.services_up import Wanted, services_up
from services.cli.showing.consoles import Consoles, consoles
from services.process.exit_codes import OK


def up(
    *,
    host: options.Host = LOOPBACK,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
    data_dir: options.DataDir = None,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure", envvar="ACM2_INSECURE", help="Let other machines reach a host that is not loopback."
        ),
    ] = False,
) -> int:
    """Start both services and stay until Ctrl-C.

    One that dies is started again. One that dies too often, or cannot use its data, is given up: the other stays, and it
    is tried again every 30 s. The exit code is then that service's own, if it has not come back until Ctrl-C.
    """
    wanted = Wanted(
        host=host,
        executor_port=executor_port,
        telemetry_port=telemetry_port,
        data_dir=data_dir,
        insecure=insecure,
        without_executor=True,
    )
    return anyio.run(_up, wanted, consoles())


async def _up(wanted: Wanted, shown: Consoles) -> int:
    failure: ServiceFailed | None = None
    async with interrupts() as seen, services_up(wanted, shown.note, seen) as running:
        shown.result(f"executor   {running.executor_url}")
        shown.result(f"telemetry  {running.telemetry_url}")
        shown.note("both are ready; Ctrl-C ends them")
        async with leaving_on(seen.first):
            await running.lost.wait()
        failure = running.failure()
    if failure is not None:
        raise failure
    return OK
