"""The ``acm2`` command as a real process, in an environment of its own."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import anyio
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


async def acm2(*arguments: str, env: Mapping[str, str]) -> Ended:
    """Run it to its end."""
    with anyio.fail_after(LIMIT_S):
        done = await anyio.run_process([sys.executable, "-m", "services.cli", *arguments], check=False, env=dict(env))
    return Ended(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


@dataclass
class Live:
    """A command under way: what it has written so far, and what it can be told."""

    process: Process
    out: str = ""
    err: str = ""

    async def until(self, text: str) -> None:
        """Return when it has written this."""
        with anyio.fail_after(LIMIT_S):
            while text not in self.out + self.err:
                if self.process.returncode is not None:
                    raise AssertionError(f"it ended without {text!r}:\n{self.out}\n{self.err}")
                await anyio.sleep(0.02)

    async def end(self) -> int:
        """Its exit code, when it has ended."""
        with anyio.fail_after(LIMIT_S):
            return await self.process.wait()


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
