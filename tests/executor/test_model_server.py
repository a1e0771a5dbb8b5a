"""The embedded model's server as a process: there when needed, back when it died, gone when we are."""

import os
import signal
import sys
from pathlib import Path

import anyio
import httpx
import psutil
import pytest

from services.executor.adapters.processes.model_server import ModelServer
from services.executor.adapters.processes.model_server_watch import ServerPatience
from services.executor.errors import LocalModelError
from tests.executor.living import command_of, living_children

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


NEVER = ServerPatience(look_every_s=0.02, idle_limit_s=1e9, busy_limit_s=1e9)

MORE = """
import json, os, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_):
        pass

server = HTTPServer(("127.0.0.1", 0), Answers)
print(json.dumps({"base_url": f"http://127.0.0.1:{server.server_port}/v1/{os.getpid()}"}), flush=True)
"""
ANSWERS = MORE + "server.serve_forever()"
NOWHERE = """
import json, os, sys
print(json.dumps({"base_url": f"http://127.0.0.1:99999/v1/{os.getpid()}"}), flush=True)
sys.stdin.read()
"""
DEAF = MORE + "sys.stdin.read()"
COMPUTES = MORE + "while True: pass"


def pid_of(address: str) -> int:
    return int(address.rsplit("/", 1)[1])


def trouble_of(server: ModelServer) -> str:
    return server.trouble or ""


async def gone(server: ModelServer) -> None:
    while server.address is not None:  # noqa: ASYNC110  (a test looks at what nobody else has to be told)
        await anyio.sleep(0.01)


async def test_a_stopped_server_is_found_by_its_state_and_started_again() -> None:
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(ANSWERS), patience=NEVER)
            first = await server.base_url()
            os.kill(pid_of(first), signal.SIGSTOP)
            await gone(server)
            assert "stopped by a signal" in trouble_of(server)
            assert await server.base_url() != first
            assert trouble_of(server) == ""
            group.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (NOWHERE, "an error in the executor: OverflowError"),
        (DEAF, "answered nothing and computed nothing for 0.5 s"),
        (COMPUTES, "answered nothing for 2 s"),
    ],
)
async def test_one_that_hangs_is_ended_with_its_reason_sooner_when_it_does_not_even_compute(
    code: str, why: str
) -> None:
    patience = ServerPatience(
        look_every_s=0.1, ask_every_s=0.05, answer_limit_s=0.2, idle_limit_s=0.5, busy_limit_s=2, idle_share=0.01
    )
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(code), patience=patience)
            pid = pid_of(await server.base_url())
            await gone(server)
            assert why in trouble_of(server)
            await server._gone.wait()
            assert not psutil.pid_exists(pid)
            group.cancel_scope.cancel()


async def test_one_that_answers_is_left_alone() -> None:
    patience = ServerPatience(look_every_s=0.02, ask_every_s=0.02, idle_limit_s=1.0, busy_limit_s=1.0)
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(ANSWERS), patience=patience)
            first = await server.base_url()
            await anyio.sleep(2)
            assert await server.base_url() == first
            group.cancel_scope.cancel()


async def test_one_start_that_fails_answers_all_who_wanted_it_with_its_reason(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    code = f"import sys; open({str(starts)!r}, 'a').write('x'); sys.exit('the model file is not there')"
    errors: list[str] = []
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(code))

            async def ask() -> None:
                with pytest.raises(LocalModelError) as caught:
                    await server.base_url()
                errors.append(str(caught.value))

            async with anyio.create_task_group() as askers:
                for _ in range(20):
                    askers.start_soon(ask)
            assert starts.read_text() == "x"
            assert len(errors) == 20
            assert all("exit status 1 (the model file is not there)" in error for error in errors)
            await ask()
            assert starts.read_text() == "xx"
            group.cancel_scope.cancel()


async def test_whoever_gives_up_waiting_for_a_start_leaves_no_process_and_no_blame(tmp_path: Path) -> None:
    code = "import sys; sys.stdin.read()"
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ, command=command(code))
            with anyio.move_on_after(0.5):
                await server.base_url()
            assert server.trouble is None
            group.cancel_scope.cancel()
    assert not [child for child in living_children() if code in command_of(child)]


@pytest.mark.model
async def test_the_real_server_comes_back_after_a_stop_and_says_why_a_port_cannot_be_had() -> None:
    with anyio.fail_after(100):
        async with anyio.create_task_group() as group:
            server = ModelServer(group=group, environ=os.environ)
            first = await server.base_url()
            (child,) = [one for one in living_children() if "local-server" in command_of(one)]
            taken = first.split(":")[2].split("/")[0]
            other = ModelServer(
                group=group,
                environ=os.environ,
                command=(sys.executable, "-P", "-m", "fpf", "local-server", "--port", taken),
            )
            with pytest.raises(LocalModelError, match=f"{taken} on 127.0.0.1 is taken"):
                await other.base_url()
            child.suspend()
            await gone(server)
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"{await server.base_url()}/models")).is_success
            group.cancel_scope.cancel()
