"""One service as a child process: started in a group of its own, awaited until it is ready, ended gracefully."""

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from subprocess import DEVNULL, PIPE

import anyio
import httpx
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from services.cli.errors import ServiceFailed
from services.cli.processes.leaving_on import leaving_on
from services.process.exit_codes import UNREACHABLE
from shared import paths

READY_LIMIT_S = 60.0
STOP_LIMIT_S = 30.0
"""A service drains for 25 s at most; one that takes longer than this is killed."""

_ASK_EVERY_S = 0.05
_UNTOLD_LINES = 20
_LAST_WORDS_S = 1.0
"""So long the output of a service that has ended may still come."""

_HURRY_LIMIT_S = 3.0
"""So long a service has after it was told to hurry."""


@dataclass(frozen=True, kw_only=True)
class ServicePlan:
    """A service to start: its name, what messages call it, its address, and what follows ``acm2`` on the command line."""

    name: str
    spoken: str
    url: str
    arguments: Sequence[str]


@dataclass(kw_only=True)
class ServiceProcess:
    """A service that was started; ``tell`` gets each line it logs from the moment it is ready.

    ``died`` is set when it ends, wanted or not. What it logs before it is ready says why it is not, if it never is.
    """

    plan: ServicePlan
    process: Process
    tell: Callable[[str], None]
    died: anyio.Event = field(default_factory=anyio.Event)
    _ready: bool = False
    _untold: deque[str] = field(default_factory=lambda: deque(maxlen=_UNTOLD_LINES))

    async def attend(self) -> None:
        """Listen to it until it ends."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            await self.process.wait()
            # A child of its own may hold the pipe open, but has nothing to say for it.
            group.cancel_scope.deadline = anyio.current_time() + _LAST_WORDS_S
        self.died.set()

    async def _listen(self) -> None:
        rest = ""
        if self.process.stderr is not None:
            async for text in TextReceiveStream(self.process.stderr, errors="replace"):
                *lines, rest = (rest + text).split("\n")
                self._hear(lines)
        self._hear([rest] if rest else [])

    def _hear(self, lines: Sequence[str]) -> None:
        self._untold.extend(lines)
        while self._ready and self._untold:
            self.tell(self._untold.popleft())

    async def until_ready(self) -> None:
        """Return when ``/health/ready`` says yes; raises ``ServiceFailed`` when it ends or takes too long."""
        with anyio.move_on_after(READY_LIMIT_S):
            async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
                while not self.died.is_set():
                    if await _is_ready(client, self.plan.url):
                        self._ready = True
                        self._hear([])
                        return
                    with anyio.move_on_after(_ASK_EVERY_S):
                        await self.died.wait()
        raise self.failure(f"was not ready within {READY_LIMIT_S:.0f} s")

    def failure(self, alive: str = "is still there") -> ServiceFailed:
        """Why it is not there, in its own words; its exit code is the error's."""
        code = self.process.returncode
        if code is None:
            return ServiceFailed(f"{self.plan.spoken} {alive}")
        said = "\n".join(f"  {line}" for line in self._untold)
        ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        reason = f":\n{said}" if said else ""
        return ServiceFailed(f"{self.plan.spoken} {ended}{reason}", exit_code=code if code > 0 else UNREACHABLE)

    async def stop(self, hurry: anyio.Event) -> None:
        """Ask it to end and wait for its drain, a short one where ``hurry`` is set; kill what does not end."""
        with anyio.CancelScope(shield=True):
            self._signal(signal.SIGTERM)
            with anyio.move_on_after(STOP_LIMIT_S):
                async with leaving_on(hurry):
                    await self.process.wait()
            # A second signal ends a drain; one to a process that has ended does nothing.
            self._signal(signal.SIGTERM)
            with anyio.move_on_after(_HURRY_LIMIT_S):
                await self.process.wait()
            if self.process.returncode is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                await self.process.wait()

    async def close(self) -> None:
        """Give back what the ended process held here."""
        with anyio.CancelScope(shield=True):
            await self.process.aclose()

    def _signal(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            os.kill(self.process.pid, number)


async def launch(plan: ServicePlan, environment: Mapping[str, str], tell: Callable[[str], None]) -> ServiceProcess:
    """Start the service, tied to this process."""
    command = [sys.executable, "-P", "-m", "services.cli.processes.tether", str(os.getpid()), *plan.arguments]
    process = await anyio.open_process(
        command,
        stdin=DEVNULL if sys.platform == "linux" else PIPE,
        stdout=DEVNULL,
        stderr=PIPE,
        env=environment,
        start_new_session=True,
    )
    return ServiceProcess(plan=plan, process=process, tell=tell)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url + paths.HEALTH_READY)).is_success
    except httpx.HTTPError:
        return False
