"""A service as a real process that is started again whenever it ends: what a supervisor does, and what kills it."""

import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, STDOUT

import anyio
import httpx
import psutil
from anyio.abc import Process

READY_LIMIT_S = 45.0
STOP_LIMIT_S = 40.0
ORPHANS_LIMIT_S = 20.0
_PROBE_EVERY_S = 0.05


@dataclass
class Service:
    """One service process after another. ``run`` is the supervisor."""

    name: str
    port: int
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    restart_after_s: Callable[[], float]
    starts: int = 0
    deaths: int = 0
    stopping: bool = False
    wipe: Path | None = None
    """A folder to remove before the next start."""
    ready_in_s: list[float] = field(default_factory=list)
    held: list[psutil.Process] = field(default_factory=list)
    """Processes that lives now over have left to end by themselves."""
    _process: Process | None = None
    _is_ready: anyio.Event = field(default_factory=anyio.Event)
    _over: anyio.Event = field(default_factory=anyio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process that runs now, or None between two lives."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    @property
    def is_ready(self) -> bool:
        return self._is_ready.is_set()

    async def ready(self) -> None:
        with anyio.fail_after(READY_LIMIT_S):
            while not self._is_ready.is_set():
                await self._is_ready.wait()

    async def run(self) -> None:
        """Start it, and start it again until ``stop``."""
        while not self.stopping:
            if self.wipe is not None:
                shutil.rmtree(self.wipe)
                self.wipe = None
            await self._live()
            if not self.stopping:
                self.deaths += 1
                await anyio.sleep(self.restart_after_s())
        self._over.set()

    async def _live(self) -> None:
        process = await anyio.open_process(
            self.command, env=dict(self.environment), stdin=DEVNULL, stderr=STDOUT, start_new_session=True
        )
        self._process = process
        self.starts += 1
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._keep_log, process)
                group.start_soon(self._probe)
                await process.wait()
                group.cancel_scope.cancel()
        finally:
            self._not_ready()
            if process.returncode is None:
                process.kill()
            with anyio.CancelScope(shield=True):
                await process.wait()
                await process.aclose()

    async def _keep_log(self, process: Process) -> None:
        """Its output goes through a pipe: a limit on the size of files must not hit the log."""
        assert process.stdout is not None
        async with await anyio.open_file(self.log, "ab") as log:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                while True:
                    await log.write(await process.stdout.receive())
                    await log.flush()

    async def _probe(self) -> None:
        began = time.monotonic()
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while True:
                with suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/health/ready")).status_code == httpx.codes.OK:
                        break
                await anyio.sleep(_PROBE_EVERY_S)
        self.ready_in_s.append(time.monotonic() - began)
        self._is_ready.set()

    def _not_ready(self) -> None:
        # An event that was not set may be waited for: it stays.
        if self._is_ready.is_set():
            self._is_ready = anyio.Event()

    def children(self) -> list[psutil.Process]:
        """Every process below this one, now."""
        if self.pid is None:
            return []
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def hit(self, number: int) -> bool:
        """Send it a signal; False when it is between two lives. What it has started must go with it."""
        pid = self.pid
        if pid is None:
            return False
        if number in {signal.SIGKILL, signal.SIGTERM}:
            self.held.extend(self.children())
            # From now on it is not to be counted on, though its last answer was good.
            self._not_ready()
        os.kill(pid, number)
        return True

    def files_may_grow(self, allowed: bool) -> None:
        """Whether its files may be written beyond their first page: a full disk, for this process only."""
        pid = self.pid
        if pid is not None:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if allowed else 4096, hard))

    async def stop(self) -> None:
        """End it for good, in good order."""
        self.stopping = True
        pid = self.pid
        if pid is None:
            return
        self.hit(signal.SIGCONT)
        self.hit(signal.SIGTERM)
        with anyio.move_on_after(STOP_LIMIT_S):
            await self._over.wait()

    async def left_behind(self) -> list[str]:
        """What lives of dead processes' children still run, after a fair while; times are noted."""
        began = time.monotonic()
        while time.monotonic() < began + ORPHANS_LIMIT_S:
            alive = [process for process in self.held if process.is_running() and process.status() != "zombie"]
            if not alive:
                return []
            await anyio.sleep(_PROBE_EVERY_S)
        return [f"{self.name} left process {process.pid} behind" for process in self.held if process.is_running()]


def serve_command(service: str, port: int, data_dir: Path, *further: str) -> list[str]:
    """How a service is started."""
    return [
        sys.executable, "-m", "services.cli", "serve", service, "--port", str(port), "--data-dir", str(data_dir), *further,
    ]  # fmt: skip
