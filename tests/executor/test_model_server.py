"""The embedded model's server as a process: there when needed, back when it died, gone when we are."""

import os
import signal
import sys
from pathlib import Path

import anyio
import psutil
import pytest

from services.executor.adapters.model_server import ModelServer
from services.executor.errors import LocalModelError

pytestmark = pytest.mark.e2e

GOOD = """
import json, os, sys
print(json.dumps({"base_url": f"http://127.0.0.1:{os.getpid()}/v1"}), flush=True)
sys.stdin.read()
"""


def command(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def pid_in(address: str) -> int:
    return int(address.rsplit(":", 1)[1].split("/")[0])


async def test_it_is_started_once_for_all_who_ask_and_ended_with_us() -> None:
    addresses: list[str] = []
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(GOOD))

            async def ask() -> None:
                addresses.append(await server.base_url())

            async with anyio.create_task_group() as askers:
                for _ in range(5):
                    askers.start_soon(ask)
            assert len(set(addresses)) == 1
            assert psutil.pid_exists(pid_in(addresses[0]))
            group.cancel_scope.cancel()
    assert not psutil.pid_exists(pid_in(addresses[0]))


async def test_one_that_died_is_started_again() -> None:
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(GOOD))
            first = await server.base_url()
            os.kill(pid_in(first), signal.SIGKILL)
            while server.address is not None:  # noqa: ASYNC110  (a test looks at what nobody else has to be told)
                await anyio.sleep(0.01)
            assert await server.base_url() != first
            group.cancel_scope.cancel()


@pytest.mark.parametrize("code", ["import sys; sys.exit(69)", "print('no json', flush=True); input()"])
async def test_one_that_does_not_begin_is_an_error_and_no_hang(code: str) -> None:
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(code))
            with pytest.raises(LocalModelError):
                await server.base_url()
            group.cancel_scope.cancel()


async def test_a_program_that_is_not_there_is_an_error() -> None:
    async with anyio.create_task_group() as group:
        server = ModelServer(group=group, environ={}, command=(str(Path("/nonexistent/fpf")),))
        with pytest.raises(LocalModelError):
            await server.base_url()
        group.cancel_scope.cancel()
