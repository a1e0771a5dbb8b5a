"""Everything ``acm2 doctor`` checks, in the order a run takes; each check has its deadline, so nothing is waited for long."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from services.cli.checkup.builds import build_findings
from services.cli.checkup.clock_off import clock_finding
from services.cli.checkup.deadlines import Deadlines
from services.cli.checkup.disk import disk
from services.cli.checkup.exposure import exposure
from services.cli.checkup.finding import Finding, well, wrong
from services.cli.checkup.keys import keys_at, keys_here
from services.cli.checkup.loop import whole_way
from services.cli.checkup.page import execute_page, live_page
from services.cli.checkup.public_address import public_telemetry
from services.cli.checkup.runs_left import left_alone, stopped_deliveries
from services.cli.checkup.service_seen import ServiceSeen, look_at
from services.cli.checkup.unaccounted import unaccounted
from services.cli.clients.addresses import Addresses, is_local
from services.cli.errors import CommandError
from services.cli.processes.data_dir_of import data_dir_of
from services.cli.processes.port_holder import holding_pid
from services.process.build import build_id
from services.process.settings import default_data_dir
from shared.limits import CONTRACT_VERSION

Tell = Callable[[Finding], None]
Check = Callable[[], Awaitable[Iterable[Finding]]]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where the services are said to be, where their data lies, and how much room they want there.

    ``data_dir`` None: where the services that run were told to keep it, else the default folder.
    """

    where: Addresses
    data_dir: Path | None
    min_free_bytes: int
    rng: Random
    clock: Callable[[], float] = time.time
    build: Callable[[], str] = build_id
    deadlines: Deadlines = field(default_factory=Deadlines)


async def examine(around: Surroundings, tell: Tell) -> None:
    """``tell`` gets each finding as soon as it is known."""
    where, clock, deadlines = around.where, around.clock, around.deadlines
    executor = await look_at("executor", where.executor, clock, within_s=deadlines.answer_s)
    telemetry = await look_at("telemetry", where.telemetry, clock, within_s=deadlines.answer_s)
    services = (executor, telemetry)
    for finding in (*executor.findings, *telemetry.findings):
        tell(finding)
    build = await anyio.to_thread.run_sync(around.build)
    for finding in build_findings(services, build=build, contract=CONTRACT_VERSION):
        tell(finding)
    there = [service for service in services if service.there]
    for service in there:
        tell(clock_finding(service.spoken, service.clock_off_s))
        await _within("exposure", deadlines.check_s, partial(_exposure, service), tell)
        for finding in unaccounted(service.name, service.metrics):
            tell(finding)
    await _within("disk", deadlines.check_s, partial(_disk, around, there), tell)
    await _within("keys", deadlines.check_s, partial(keys_at, where.executor) if executor.there else keys_here, tell)
    public = await _public(executor, telemetry, deadlines.check_s, tell)
    if telemetry.there:
        await _within("page", deadlines.check_s, partial(live_page, public, telemetry.build), tell)
    if executor.there:
        await _within("page", deadlines.check_s, partial(execute_page, where.executor, executor.build), tell)
    if executor.there:
        await _within("runs", deadlines.check_s, partial(stopped_deliveries, where.executor), tell)
    if len(there) == len(services):
        alone = partial(left_alone, where.executor, where.telemetry, clock)
        await _within("runs", deadlines.check_s, alone, tell)
    # A service that says itself that it cannot work is not put to the test: that would only take long to fail.
    if all(service.ready for service in services):
        work = partial(whole_way, where.executor, where.telemetry, deadlines, clock=clock, rng=around.rng)
        await _within("loop", deadlines.loop_s, work, tell)


async def _within(check: str, limit_s: float, work: Check, tell: Tell) -> None:
    """Tell what the check finds; that it takes too long, or that a service refuses it, is a finding too."""
    try:
        with anyio.fail_after(limit_s):
            findings = list(await work())
    except TimeoutError:
        findings = [wrong(check, f"this check was not through within {limit_s:g} s", "what it asks hangs: see its log")]
    except CommandError as error:
        findings = [wrong(check, str(error), "see the service's log")]
    for finding in findings:
        tell(finding)


async def _exposure(service: ServiceSeen) -> list[Finding]:
    return [await anyio.to_thread.run_sync(exposure, service.spoken, service.url, abandon_on_cancel=True)]


async def _disk(around: Surroundings, there: Sequence[ServiceSeen]) -> list[Finding]:
    if not (is_local(around.where.executor) and is_local(around.where.telemetry)):
        return [well("disk", "the services run on another machine: what their disks say is in /health/ready there")]

    def look() -> list[Finding]:
        folders = {around.data_dir} if around.data_dir else {_folder(service) for service in there}
        return [
            finding
            for folder in sorted(folders or {default_data_dir()})
            for finding in disk(folder, min_free_bytes=around.min_free_bytes)
        ]

    # A disk that hangs must not take this command with it.
    return await anyio.to_thread.run_sync(look, abandon_on_cancel=True)


def _folder(service: ServiceSeen) -> Path:
    """Where a service that runs here keeps its data."""
    pid = holding_pid(urlsplit(service.url).port or 80)
    return (data_dir_of(pid) if pid is not None else None) or default_data_dir()


async def _public(executor: ServiceSeen, telemetry: ServiceSeen, limit_s: float, tell: Tell) -> str:
    """Telemetry's address as the executor gives it to browsers; where it gives none, the one we were told."""
    found: list[str] = []

    async def ask() -> list[Finding]:
        found.append(await public_telemetry(executor.url))
        return []

    if executor.there:
        await _within("page", limit_s, ask, tell)
    return found[0] if found else telemetry.url
