"""One service as it answers now: whether it is there, is one of ours, can work, and which build it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio
import httpx

from services.cli.checkup.clock_off import clock_off_s
from services.cli.checkup.finding import Finding, well, wrong
from services.cli.checkup.readiness import obstacles, told_by, way_out
from services.cli.clients.addresses import is_local
from services.cli.clients.http_service import HttpService, connect, why
from services.cli.errors import Unreachable
from services.cli.processes.find_services import EXECUTOR_MARK, TELEMETRY_MARK
from services.cli.processes.port_holder import holder
from services.cli.processes.spoken import SPOKEN
from shared import paths

_MARKS = {"executor": EXECUTOR_MARK, "telemetry": TELEMETRY_MARK}


@dataclass(kw_only=True)
class ServiceSeen:
    """``there``: it answers and is the service it should be. ``ready``: it says it can work. ``clock_off_s``: how far its clock is from ours, if known."""

    name: str
    url: str
    there: bool = False
    ready: bool = False
    build: str | None = None
    contract: str | None = None
    clock_off_s: float | None = None
    metrics: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def spoken(self) -> str:
        """What messages call it."""
        return SPOKEN[self.name]

    @property
    def holder(self) -> str:
        """The process that listens at its port on this machine, in brackets, where that can be read."""
        found = holder(urlsplit(self.url).port or 80) if is_local(self.url) else None
        return f" ({found})" if found else ""


async def look_at(name: str, url: str, clock: Callable[[], float], *, within_s: float) -> ServiceSeen:
    """The service as it answers in this time; ``clock`` gives seconds since 1970."""
    seen = ServiceSeen(name=name, url=url)
    with anyio.move_on_after(within_s) as limit:
        async with connect(seen.spoken, url) as service:
            try:
                await _ask(seen, service, clock)
            except Unreachable as error:
                seen.there = False
                seen.findings.append(_absent(seen, error))
    if limit.cancelled_caught:
        seen.there = False
        what = f"{seen.spoken} at {url} does not answer within {within_s:g} s{seen.holder}"
        mend = "it hangs: end that process, then start both again with: acm2 up"
        seen.findings.append(wrong(name, what, mend, unreachable=True))
    return seen


async def _ask(seen: ServiceSeen, service: HttpService, clock: Callable[[], float]) -> None:
    metrics = await service.raw(paths.METRICS)
    if not metrics.is_success or _MARKS[seen.name] not in metrics.text:
        mend = f"end that, or say where {seen.spoken} is: --{seen.name}-url"
        what = f"what answers at {seen.url} is not {seen.spoken}{seen.holder}"
        seen.findings.append(wrong(seen.name, what, mend, unreachable=True))
        return
    seen.metrics = metrics.text
    before_s = clock()
    live = await service.raw(paths.HEALTH_LIVE)
    seen.clock_off_s = clock_off_s(live.headers.get("date"), before_s, clock())
    told = told_by(live)
    seen.build, seen.contract = told.get("build"), told.get("contract")
    seen.there = True
    ready = await service.raw(paths.HEALTH_READY)
    seen.ready = ready.is_success
    if ready.is_success:
        known = f"build {seen.build}, contract {seen.contract}"
        seen.findings.append(well(seen.name, f"{seen.spoken} answers at {seen.url} ({known})"))
    else:
        obstacle = obstacles(ready)
        what = f"{seen.spoken} at {seen.url} is not ready: {obstacle}"
        seen.findings.append(wrong(seen.name, what, way_out(obstacle)))


def _absent(seen: ServiceSeen, error: Unreachable) -> Finding:
    if isinstance(error.__cause__, httpx.ConnectError):
        what = f"{seen.spoken} does not run: nobody answers at {seen.url}"
        mend = "start both with: acm2 up" if is_local(seen.url) else "start it there, or check the address"
    else:
        reason = why(error.__cause__) if isinstance(error.__cause__, Exception) else str(error)
        what = f"{seen.spoken} at {seen.url} does not answer as it should: {reason}{seen.holder}"
        mend = "end that process, then start both with: acm2 up"
    return wrong(seen.name, what, mend, unreachable=True)
