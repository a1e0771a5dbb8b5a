"""The ``acm2`` command as a real process, in an environment of its own."""

import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import anyio
import psutil
from anyio.abc import Process

LIMIT_S = 60


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How it ended, and what it wrote."""

    code: int
    out: str
    err: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's environment without any ACM2 setting, and with a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACM2_", "XDG_"))}
    return kept | {"HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200", **more}


async def acm2(*arguments: str, env: Mapping[str, str], limit_s: float = LIMIT_S) -> Ended:
    """Run it to its end."""
    with anyio.fail_after(limit_s):
        done = await anyio.run_process([sys.executable, "-m", "services.cli", *arguments], check=False, env=dict(env))
    return Ended(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


@dataclass
class Live:
    """A command under way: what it has written so far, and what it can be told."""

    process: Process
    out: str = ""
    err: str = ""
    terminal: int | None = None

    def type(self, text: str) -> None:
        """Type on its terminal."""
        assert self.terminal is not None
        os.write(self.terminal, text.encode())

    async def until(self, text: str) -> None:
        """Return when it has written this."""
        with anyio.fail_after(LIMIT_S):
            while text not in self.out + self.err:
                if self.process.returncode is not None:
                    raise AssertionError(f"it ended without {text!r}:\n{self.out}\n{self.err}")
                await anyio.sleep(0.02)

    def children(self) -> list[psutil.Process]:
        """The processes it has started, and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    async def first_children(self) -> list[psutil.Process]:
        """Those of the first moment there are any."""
        with anyio.fail_after(LIMIT_S):
            while not (found := self.children()):  # noqa: ASYNC110 - the system tells nobody of a process's child
                await anyio.sleep(0.01)
        return found

    async def end(self) -> int:
        """Its exit code, when it has ended."""
        with anyio.fail_after(LIMIT_S):
            return await self.process.wait()


@asynccontextmanager
async def acm2_on_terminal(*arguments: str, env: Mapping[str, str]) -> AsyncIterator[Live]:
    """Start it on a terminal of its own, 100 columns wide; what it shows is in ``out``."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    command = [sys.executable, "-m", "services.cli", *arguments]
    kept = {name: value for name, value in env.items() if name not in {"COLUMNS", "NO_COLOR"}} | {"TERM": "xterm"}
    try:
        async with (
            await anyio.open_process(command, stdin=slave, stdout=slave, stderr=slave, env=kept) as process,
            anyio.create_task_group() as group,
        ):
            live = Live(process, terminal=master)

            async def read() -> None:
                while True:
                    await anyio.wait_readable(master)
                    live.out += os.read(master, 65536).decode(errors="replace")

            group.start_soon(read)
            try:
                yield live
            finally:
                if process.returncode is None:
                    process.kill()
                group.cancel_scope.cancel()
    finally:
        os.close(slave)
        os.close(master)


@asynccontextmanager
async def acm2_live(*arguments: str, env: Mapping[str, str]) -> AsyncIterator[Live]:
    """Start it; it is killed in the end if it is still there."""
    command = [sys.executable, "-m", "services.cli", *arguments]
    async with (
        await anyio.open_process(command, stdin=PIPE, env=dict(env)) as process,
        anyio.create_task_group() as group,
    ):
        live = Live(process)

        async def read(name: str) -> None:
            async for part in getattr(process, {"out": "stdout", "err": "stderr"}[name]):
                setattr(live, name, getattr(live, name) + part.decode())

        group.start_soon(read, "out")
        group.start_soon(read, "err")
        try:
            yield live
        finally:
            if process.returncode is None:
                process.kill()
