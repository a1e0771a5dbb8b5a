"""Runs that are paused, interrupted, killed and resumed, with real services under the command."""

import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import psutil
import pytest

from services.cli.processes.port_holder import is_taken
from tests.cli.acm2_process import Live, acm2, acm2_live, environment
from tests.e2e.configs import judged
from tests.e2e.provider import ScriptedProvider, scripted_provider
from tests.free_port import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

HELD_THIRD = ["ok", "ok", "hold", *["ok"] * 60]
CALLS = 6


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    ports = {name: str(free_port("127.0.0.1")) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT")}
    return environment(tmp_path, ACM2_DATA_DIR=str(tmp_path / "data"), ACM2_WORKERS="2", **ports)


@pytest.fixture
def preset(tmp_path: Path) -> str:
    """Six calls, one after the other."""
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(judged("lab", documents=3, generate=False, concurrency=1, max_attempts=2)))
    return str(path)


@asynccontextmanager
async def up(env: dict[str, str]) -> AsyncIterator[Live]:
    async with acm2_live("up", env=env) as live:
        await live.until("both are ready")
        yield live
        if live.process.returncode is None:
            live.process.send_signal(signal.SIGINT)
            await live.end()


async def until(so: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not so():  # noqa: ASYNC110 - the provider is a thread of its own and tells nobody
            await anyio.sleep(0.01)


def service(live: Live, name: str) -> psutil.Process:
    return next(child for child in live.children() if name in child.cmdline()[5:8])


def gone(env: dict[str, str]) -> bool:
    return not any(is_taken("127.0.0.1", int(env[name])) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT"))


def held(lab: ScriptedProvider) -> bool:
    return lab.counts.by_step.get("hold", 0) == 1


async def test_a_run_whose_executor_is_killed_goes_on_by_itself(env: dict[str, str], preset: str) -> None:
    with scripted_provider(*HELD_THIRD) as lab:
        async with acm2_live("run", preset, env=env | {"LAB_BASE_URL": lab.base_url}) as live:
            await until(lambda: held(lab))
            service(live, "executor").kill()
            assert await live.end() == 0, live.err
        assert lab.counts.requests == CALLS + 1
    assert "the executor was ended by SIGKILL; it is started again" in live.err
    assert "the executor is back" in live.err
    assert f"{CALLS} ok, 0 failed, 1 retried" in live.err
    assert gone(env)


async def test_a_run_is_untouched_by_the_death_of_telemetry(env: dict[str, str], preset: str) -> None:
    with scripted_provider(*HELD_THIRD) as lab:
        async with acm2_live("run", preset, env=env | {"LAB_BASE_URL": lab.base_url}) as live:
            await until(lambda: held(lab))
            service(live, "telemetry").kill()
            await live.until("stats link down since")
            lab.released.set()
            assert await live.end() == 0, live.err
        assert lab.counts.requests == CALLS
    assert "telemetry is back" in live.err
    assert gone(env)


async def test_a_run_goes_on_though_telemetry_is_given_up(env: dict[str, str], preset: str) -> None:
    with scripted_provider(*HELD_THIRD) as lab:
        async with acm2_live("run", preset, env=env | {"LAB_BASE_URL": lab.base_url}) as live:
            await until(lambda: held(lab))
            file = Path(env["ACM2_DATA_DIR"]) / "telemetry" / "events.sqlite3"
            for beside in file.parent.glob(f"{file.name}-*"):
                beside.unlink()
            file.write_bytes(b"this is no database " * 1000)
            service(live, "telemetry").kill()
            await live.until("TELEMETRY IS GIVEN UP")
            lab.released.set()
            assert await live.end() == 0, live.err
        assert lab.counts.requests == CALLS
    assert f"{CALLS} ok, 0 failed" in live.err
    assert "status and numbers are the executor's own" in live.err
    assert gone(env)


async def test_an_executor_that_cannot_come_back_ends_the_run_with_its_reason(env: dict[str, str], preset: str) -> None:
    with scripted_provider(*HELD_THIRD) as lab:
        async with acm2_live("run", preset, env=env | {"LAB_BASE_URL": lab.base_url}) as live:
            await until(lambda: held(lab))
            executor = service(live, "executor")
            executor.kill()
            await live.until("the executor was ended by SIGKILL")
            with socket.create_server(("127.0.0.1", int(env["ACM2_EXECUTOR_PORT"]))):
                assert await live.end() == 69
    assert "the executor died 5 times within a minute and is given up" in live.err
    assert f"port {env['ACM2_EXECUTOR_PORT']} is taken by process {os.getpid()}" in live.err
    assert gone(env)


async def test_after_a_killed_up_is_started_again_interrupted_runs_go_on(env: dict[str, str], preset: str) -> None:
    with scripted_provider(*HELD_THIRD) as lab:
        env = env | {"LAB_BASE_URL": lab.base_url}
        async with up(env) as live:
            run_id = (await acm2("run", preset, "-d", env=env)).out.strip()
            await until(lambda: held(lab))
            live.process.kill()
            await live.end()
        async with up(env):
            watched = await acm2("watch", run_id, env=env)
        assert watched.code == 0, watched.err
        assert lab.counts.requests == CALLS + 1
    assert f"{CALLS} ok" in watched.err
    assert gone(env)


async def test_a_paused_run_asks_nothing_more_until_it_is_resumed(env: dict[str, str], preset: str) -> None:
    with scripted_provider(*HELD_THIRD) as lab:
        env = env | {"LAB_BASE_URL": lab.base_url}
        async with up(env):
            run_id = (await acm2("run", preset, "-d", env=env)).out.strip()
            await until(lambda: held(lab))
            assert (await acm2("pause", run_id, env=env)).out == f"{run_id}: paused\n"
            lab.released.set()
            async with acm2_live("watch", run_id, env=env) as live:
                await live.until("paused")
                await live.until("3 ok")
                assert lab.counts.requests == 3
                resumed = await acm2("resume", run_id, "--set", "limits.max_requests=20", env=env)
                assert resumed.code == 0, resumed.err
                assert await live.end() == 0
            assert "resumed, it was paused" in live.err
        assert lab.counts.requests == CALLS
    assert "answer  Best" in resumed.out


async def test_resume_asks_only_what_is_missing_and_ends_as_the_new_end(env: dict[str, str], preset: str) -> None:
    with scripted_provider("ok", "500", "500", *["ok"] * 60) as lab:
        env = env | {"LAB_BASE_URL": lab.base_url}
        async with up(env):
            first = await acm2("run", preset, "--set", "limits.max_attempts=1", env=env)
            assert first.code == 3, first.err
            before = lab.counts.requests
            resumed = await acm2("resume", env=env)
            assert resumed.code == 0, resumed.err
            assert lab.counts.requests == before + 2
            again = await acm2("resume", env=env)
            assert again.code == 0
            assert lab.counts.requests == before + 2
        assert f"{CALLS} ok, 0 failed" in resumed.err


async def test_rm_leaves_nothing_at_either_service(env: dict[str, str], preset: str) -> None:
    with scripted_provider("ok") as lab:
        env = env | {"LAB_BASE_URL": lab.base_url}
        async with up(env):
            assert (await acm2("run", preset, env=env)).code == 0
            listed = json.loads((await acm2("runs", "--json", env=env)).out)
            assert [run["preset"] for run in listed] == ["e2e"]
            assert (await acm2("rm", listed[0]["run_id"][:12], env=env)).code == 0
            assert json.loads((await acm2("runs", "--json", env=env)).out) == []
            assert (await acm2("results", listed[0]["run_id"], env=env)).code == 64
