"""Both services of this machine, there for as long as a command needs them: found running, or started, kept up, ended."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from services.cli.clients.addresses import EXECUTOR_PORT, LOOPBACK, TELEMETRY_PORT
from services.cli.errors import GivenUp, ServiceFailed
from services.cli.interrupts import Interrupts
from services.cli.processes.kept_service import AGAIN_AFTER_S, KeptService
from services.cli.processes.leaving_on import leaving_on
from services.cli.processes.seats import Seat, find_seat
from services.cli.processes.service_process import ServicePlan
from services.cli.processes.spoken import SPOKEN


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Where the services shall be.

    ``reuse``: one that answers there already is used as it is. ``without_executor``: there is a use for telemetry alone,
    so that the executor, too, is tried again after it was given up.
    """

    host: str = LOOPBACK
    executor_port: int = EXECUTOR_PORT
    telemetry_port: int = TELEMETRY_PORT
    data_dir: Path | None = None
    insecure: bool = False
    reuse: bool = False
    without_executor: bool = False


@dataclass(kw_only=True)
class Running:
    """The services' addresses, and those of them that this process keeps up (telemetry first)."""

    executor_url: str
    telemetry_url: str
    kept: list[KeptService] = field(default_factory=list)
    lost: anyio.Event = field(default_factory=anyio.Event)
    """Set when every one that was kept up is given up."""

    executor_lost: anyio.Event = field(default_factory=anyio.Event)
    """Set when the executor is given up for good: a run goes on without telemetry, not without it."""

    def failure(self, name: str | None = None) -> ServiceFailed | None:
        """Why a service that was kept up (the one of this name, if given) is given up now, if one is."""
        asked = (service for service in self.kept if name in {None, service.plan.name})
        return next((service.failure for service in asked if service.failure is not None), None)

    def look(self) -> None:
        """Notice that none is left."""
        if all(service.failure is not None for service in self.kept):
            self.lost.set()


@asynccontextmanager
async def services_up(wanted: Wanted, tell: Callable[[str], None], seen: Interrupts) -> AsyncIterator[Running]:
    """Both services, ready; those started here are started again when they die, and ended in the end, telemetry last.
    Telemetry that is given up is tried again as long as this is open. The first Ctrl-C gives the start up, the second
    cuts the drain short.

    ``tell`` gets each line they write, and word of each death and return. Raises ``Unreachable`` for a port taken by
    something else, ``ServiceFailed`` for a service that does not come up, ``GivenUp`` where the person did not wait.
    """
    async with leaving_on(seen.first):
        telemetry = await find_seat("telemetry", wanted.host, wanted.telemetry_port, tell, reuse=wanted.reuse)
        executor = await find_seat("executor", wanted.host, wanted.executor_port, tell, reuse=wanted.reuse)
        running = Running(executor_url=executor.url, telemetry_url=telemetry.url)
    _not_given_up(seen)
    async with anyio.create_task_group() as group:
        try:
            for seat in (telemetry, executor):
                if seat.free:
                    service = KeptService(
                        plan=_plan(wanted, seat, telemetry.url),
                        environment=os.environ,
                        tell=tell,
                        hurry=seen.second,
                        after_another=seat.waited,
                        again_after_s=AGAIN_AFTER_S if seat.name == "telemetry" or wanted.without_executor else None,
                        on_given_up=running.look,
                    )
                    running.kept.append(service)
                    group.start_soon(_keep, service, running)
            async with leaving_on(seen.first):
                for service in running.kept:
                    await service.until_ready()
            _not_given_up(seen)
            yield running
        finally:
            for service in reversed(running.kept):
                await service.stop()
            group.cancel_scope.cancel()


def _not_given_up(seen: Interrupts) -> None:
    if seen.first.is_set():
        raise GivenUp("stopped before the services were ready")


def _plan(wanted: Wanted, seat: Seat, telemetry_url: str) -> ServicePlan:
    arguments = ["serve", seat.name, "--host", wanted.host, "--port", str(seat.port)]
    if wanted.data_dir is not None:
        arguments += ["--data-dir", str(wanted.data_dir)]
    if wanted.insecure:
        arguments.append("--insecure")
    if seat.name == "executor":
        arguments += ["--telemetry-url", telemetry_url]
    return ServicePlan(name=seat.name, spoken=SPOKEN[seat.name], url=seat.url, arguments=arguments)


async def _keep(service: KeptService, running: Running) -> None:
    await service.keep()
    if service.failure is not None and service.plan.name == "executor":
        running.executor_lost.set()
