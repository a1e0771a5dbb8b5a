"""Both services of this machine, there for as long as a command needs them: found running, or started and ended again."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from services.cli.clients.addresses import EXECUTOR_PORT, LOOPBACK, TELEMETRY_PORT, local
from services.cli.errors import GivenUp, ServiceFailed
from services.cli.interrupts import Interrupts
from services.cli.processes.find_services import EXECUTOR_MARK, TELEMETRY_MARK, Found, who_answers
from services.cli.processes.leaving_on import leaving_on
from services.cli.processes.port_holder import free_port, is_taken, port_taken
from services.cli.processes.service_process import ServicePlan, ServiceProcess, launch

_SPOKEN = {"executor": "the executor", "telemetry": "telemetry"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Where the services shall be. ``reuse``: one that answers there already is used as it is."""

    host: str = LOOPBACK
    executor_port: int = EXECUTOR_PORT
    telemetry_port: int = TELEMETRY_PORT
    data_dir: Path | None = None
    insecure: bool = False
    reuse: bool = False


@dataclass(kw_only=True)
class Running:
    """The services' addresses, and those of them that this process started (telemetry first)."""

    executor_url: str
    telemetry_url: str
    started: list[ServiceProcess] = field(default_factory=list)
    lost: anyio.Event = field(default_factory=anyio.Event)
    """Set when one that was started ends by itself."""

    executor_lost: anyio.Event = field(default_factory=anyio.Event)
    """Set when the executor does: a run goes on without telemetry, not without it."""

    def failure(self) -> ServiceFailed | None:
        """Why a service that was started is gone, if one is that was not told to stop."""
        gone = [service for service in self.started if service.died.is_set() and not service.stopping]
        return gone[0].failure() if gone else None


@asynccontextmanager
async def services_up(wanted: Wanted, tell: Callable[[str], None], seen: Interrupts) -> AsyncIterator[Running]:
    """Both services, ready; those started here are ended in the end, telemetry last. The first Ctrl-C gives the
    start up, the second cuts the drain short.

    ``tell`` gets each line they write. Raises ``Unreachable`` for a port taken by something else, ``ServiceFailed`` for
    a service that does not come up, ``GivenUp`` where the person did not wait for it.
    """
    telemetry = await _seat(wanted, "telemetry", wanted.telemetry_port, TELEMETRY_MARK)
    executor = await _seat(wanted, "executor", wanted.executor_port, EXECUTOR_MARK)
    running = Running(executor_url=executor.url, telemetry_url=telemetry.url)
    try:
        async with anyio.create_task_group() as group:
            try:
                for seat in (telemetry, executor):
                    if seat.free:
                        service = await launch(_plan(wanted, seat, telemetry.url), os.environ, tell)
                        running.started.append(service)
                        group.start_soon(_attend, service, running)
                async with leaving_on(seen.first):
                    for service in running.started:
                        await service.until_ready()
                if seen.first.is_set():
                    raise GivenUp("stopped before the services were ready")
                yield running
            finally:
                for service in reversed(running.started):
                    await service.stop(seen.second)
                group.cancel_scope.cancel()
    finally:
        for service in running.started:
            await service.close()


@dataclass(frozen=True, kw_only=True)
class _Seat:
    name: str
    url: str
    port: int
    free: bool


async def _seat(wanted: Wanted, name: str, port: int, mark: str) -> _Seat:
    port = port or free_port(wanted.host)
    url = local(port, wanted.host)
    if not is_taken(wanted.host, port):
        return _Seat(name=name, url=url, port=port, free=True)
    found = await who_answers(url, mark)
    if found is Found.OURS and wanted.reuse:
        return _Seat(name=name, url=url, port=port, free=False)
    option = f"--{name}-port (or ACM2_{name.upper()}_PORT)"
    raise port_taken(_SPOKEN[name], port, option, ours=found is Found.OURS)


def _plan(wanted: Wanted, seat: _Seat, telemetry_url: str) -> ServicePlan:
    arguments = ["serve", seat.name, "--host", wanted.host, "--port", str(seat.port)]
    if wanted.data_dir is not None:
        arguments += ["--data-dir", str(wanted.data_dir)]
    if wanted.insecure:
        arguments.append("--insecure")
    if seat.name == "executor":
        arguments += ["--telemetry-url", telemetry_url]
    return ServicePlan(name=seat.name, spoken=_SPOKEN[seat.name], url=seat.url, arguments=arguments)


async def _attend(service: ServiceProcess, running: Running) -> None:
    await service.attend()
    if not service.stopping:
        running.lost.set()
        if service.plan.name == "executor":
            running.executor_lost.set()
