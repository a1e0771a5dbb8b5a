"""``fpf`` alone with a model server of its own: neither survives the other, and a server that stands still is no hang."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import psutil
import pytest
from anyio.abc import Process

pytestmark = [pytest.mark.model, pytest.mark.e2e]


@asynccontextmanager
async def asking(folder: Path, *arguments: str) -> AsyncIterator[tuple[Process, psutil.Process]]:
    """An ``fpf`` in the middle of a long answer, and its model server."""
    # Of this the model finds no end by itself.
    (folder / "doc.txt").write_text("la " * 300)
    (folder / "do.txt").write_text("Sing on and on, never stop.")
    command = [sys.executable, "-P", "-m", "fpf", "--file-a", "doc.txt", "--file-b", "do.txt"]
    command += ["--provider", "local", "--model", "smollm2-135m", "--min-bytes", "0", "--temperature", "0"]
    command += arguments
    async with await anyio.open_process(command, cwd=folder, stdin=None, env=dict(os.environ)) as process:
        with anyio.fail_after(60):
            yield process, await at_work(psutil.Process(process.pid))


async def at_work(process: psutil.Process) -> psutil.Process:
    """The server, once it computes."""
    while True:
        for child in process.children():
            if "local-server" in child.cmdline() and child.cpu_times().user > 1.0:
                return child
        await anyio.sleep(0.02)


async def gone(process: psutil.Process) -> None:
    """Return when it is, or waits only for whoever has adopted it to look."""
    while is_alive(process):  # noqa: ASYNC110  (another process's end is seen in no other way)
        await anyio.sleep(0.01)


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel must be able to do it")
async def test_its_server_goes_with_it_when_it_is_killed(tmp_path: Path) -> None:
    async with asking(tmp_path) as (process, server):
        process.kill()
        await gone(server)


async def test_a_server_that_is_killed_is_a_connection_that_ended(tmp_path: Path) -> None:
    async with asking(tmp_path) as (process, server):
        server.kill()
        assert await process.wait() == 69


async def test_a_server_that_stands_still_is_a_timeout_and_is_ended_all_the_same(tmp_path: Path) -> None:
    async with asking(tmp_path, "--timeout", "8") as (process, server):
        os.kill(server.pid, signal.SIGSTOP)
        assert await process.wait() == 75
        await gone(server)
