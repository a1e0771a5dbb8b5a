"""Real services under ``acm2 up`` and ``acm2 run``: started, found, ended, and nothing left behind."""

import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import psutil
import pytest

from services.cli.processes.port_holder import is_taken
from tests.cli.acm2_process import Live, acm2, acm2_live, environment
from tests.e2e.configs import judged
from tests.e2e.provider import ScriptedProvider, scripted_provider
from tests.free_port import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    ports = {name: str(free_port("127.0.0.1")) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT")}
    return environment(tmp_path, ACM2_DATA_DIR=str(tmp_path / "data"), **ports)


@pytest.fixture
def lab() -> Iterator[ScriptedProvider]:
    with scripted_provider("ok") as provider:
        yield provider


@pytest.fixture
def preset(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(judged("lab", documents=2)))
    return str(path)


def taken(env: dict[str, str]) -> list[bool]:
    return [is_taken("127.0.0.1", int(env[name])) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT")]


async def all_gone(processes: list[psutil.Process]) -> None:
    _, alive = await anyio.to_thread.run_sync(lambda: psutil.wait_procs(processes, timeout=40))
    assert not alive


@asynccontextmanager
async def up(env: dict[str, str]) -> AsyncIterator[Live]:
    async with acm2_live("up", env=env) as live:
        await live.until("both are ready")
        yield live
        if live.process.returncode is None:
            live.process.send_signal(signal.SIGINT)
            await live.end()


async def test_up_prints_both_addresses_and_ctrl_c_ends_both(env: dict[str, str]) -> None:
    async with up(env) as live:
        assert live.out.split() == [
            "executor", f"http://127.0.0.1:{env['ACM2_EXECUTOR_PORT']}",
            "telemetry", f"http://127.0.0.1:{env['ACM2_TELEMETRY_PORT']}",
        ]  # fmt: skip
        started = live.children()
        assert len(started) >= 2
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == 0
        await all_gone(started)
    assert taken(env) == [False, False]


async def test_services_do_not_outlive_a_killed_up(env: dict[str, str]) -> None:
    async with up(env) as live:
        started = live.children()
        live.process.kill()
        await live.end()
        await all_gone(started)
    assert taken(env) == [False, False]


def service(live: Live, name: str) -> psutil.Process:
    return next(child for child in live.children() if name in child.cmdline()[5:8])


@pytest.mark.parametrize(("name", "spoken"), [("telemetry", "telemetry"), ("executor", "the executor")])
async def test_a_service_that_dies_is_said_and_started_again(env: dict[str, str], name: str, spoken: str) -> None:
    async with up(env) as live:
        first = live.children()
        service(live, name).kill()
        await live.until(f"{spoken} was ended by SIGKILL; it is started again")
        await live.until(f"{spoken} is back")
        assert all(taken(env))
        second = live.children()
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == 0
        await all_gone([*first, *second])
    assert taken(env) == [False, False]


def spoil(env: dict[str, str], pattern: str) -> None:
    """Leave something in the service's file that is no database."""
    (file,) = Path(env["ACM2_DATA_DIR"]).glob(pattern)
    for beside in file.parent.glob(f"{file.name}-*"):
        beside.unlink()
    file.write_bytes(b"this is no database " * 1000)


@pytest.mark.parametrize(
    ("name", "file"), [("telemetry", "telemetry/events.sqlite3"), ("executor", "executor/ledger.sqlite3")]
)
async def test_a_service_whose_data_is_spoilt_is_given_up_alone_and_the_other_stays(
    env: dict[str, str], name: str, file: str
) -> None:
    async with up(env) as live:
        spoil(env, file)
        service(live, name).kill()
        await live.until(f"{name.upper()} IS GIVEN UP")
        await live.until("It is tried again every 30 s")
        assert f"{name} ended with exit code 74" in live.err
        assert Path(file).name in live.err
        assert taken(env) == [name == "telemetry", name == "executor"]
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == 74
    assert taken(env) == [False, False]


async def test_ctrl_c_while_a_service_is_started_again_leaves_nothing(env: dict[str, str]) -> None:
    async with up(env) as live:
        first = live.children()
        service(live, "executor").kill()
        await live.until("it is started again")
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == 0
        await all_gone(first)
    assert taken(env) == [False, False]


async def test_a_second_up_says_that_they_run_already_and_what_to_do(env: dict[str, str]) -> None:
    async with up(env) as live:
        done = await acm2("up", env=env)
        assert done.code == 69
        assert f"telemetry runs already at http://127.0.0.1:{env['ACM2_TELEMETRY_PORT']}" in done.err
        assert f"kept up by process {live.process.pid}" in done.err
        assert "--data-dir FOLDER" in done.err
        assert all(taken(env))


async def test_up_started_again_after_a_kill_waits_for_what_is_just_ending(env: dict[str, str]) -> None:
    async with up(env) as live:
        live.process.kill()
        await live.end()
    async with up(env) as live:
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == 0


async def test_a_port_that_is_taken_is_named_with_its_holder_and_the_way_out(env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(env["ACM2_TELEMETRY_PORT"]))):
        for command in ("up", "demo"):
            done = await acm2(command, env=env)
            assert done.code == 69
            assert f"port {env['ACM2_TELEMETRY_PORT']} is taken by process {os.getpid()}" in done.err
            assert "--telemetry-port" in done.err
        alone = await acm2("serve", "telemetry", env=env)
        assert alone.code == 69
        assert f"taken by process {os.getpid()}" in alone.err
        assert "--port" in alone.err
    assert taken(env) == [False, False]


async def test_a_data_folder_that_is_in_use_is_73_with_its_holder(env: dict[str, str]) -> None:
    others = {name: str(free_port("127.0.0.1")) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT")}
    async with up(env) as live:
        holders = [str(child.pid) for child in live.children()]
        done = await acm2("up", env=env | others)
        assert done.code == 73
        assert any(f"process {pid}" in done.err for pid in holders)
        assert done.err.count("is in use by") == 1
        alone = await acm2("serve", "telemetry", env=env | others)
        assert (alone.code, alone.out) == (73, "")
        assert "is in use by" in alone.err


async def test_ctrl_c_while_the_services_start_leaves_nothing(env: dict[str, str]) -> None:
    async with acm2_live("up", env=env) as live:
        started = await live.first_children()
        live.process.send_signal(signal.SIGINT)
        assert await live.end() == 130
        await all_gone(started)


async def test_run_starts_the_services_it_needs_and_ends_them(
    env: dict[str, str], lab: ScriptedProvider, preset: str
) -> None:
    done = await acm2("run", preset, "--set", "single_eval.trials=1", env=env | {"LAB_BASE_URL": lab.base_url})
    assert done.code == 0, done.err
    assert lab.counts.requests == 4
    assert "Relevance" in done.out
    assert "4.00" in done.out
    assert "answer  Best" in done.out
    assert "4 ok, 0 failed" in done.err
    assert taken(env) == [False, False]


async def test_run_uses_the_services_that_are_there_and_leaves_them(
    env: dict[str, str], lab: ScriptedProvider, preset: str
) -> None:
    async with up(env | {"LAB_BASE_URL": lab.base_url}):
        done = await acm2("run", preset, env=env)
        assert done.code == 0, done.err
        detached = await acm2("run", preset, "-d", env=env)
        run_id = detached.out.strip()
        watched = await acm2("watch", run_id[:-2], env=env)
        assert watched.code == 0
        assert run_id in (await acm2("runs", env=env)).out
        assert (await acm2("results", env=env)).out == (await acm2("results", run_id, env=env)).out
        assert "6 ok" in watched.err
        call = await acm2("call", run_id, (await first_call(env, run_id)), env=env)
        assert "Document 0 is about live statistics." in call.out
        plan = await acm2("plan", preset, "--set", "limits.max_attempts=2", env=env)
        assert "6 planned, 12 requests at most" in plan.out
        assert "demo" in (await acm2("presets", env=env)).out
        assert (await acm2("cancel", run_id, env=env)).out == f"{run_id}: completed\n"
        assert all(taken(env))


async def first_call(env: dict[str, str], run_id: str) -> str:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{env['ACM2_EXECUTOR_PORT']}") as client:
        answer = (await client.get(f"/runs/{run_id}/calls")).json()
        return str(answer["calls"][0]["call_id"])


async def test_ctrl_c_in_run_cancels_and_no_further_request_goes_out(env: dict[str, str], preset: str) -> None:
    with scripted_provider("hold") as lab:
        async with acm2_live("run", preset, env=env | {"LAB_BASE_URL": lab.base_url}) as live:
            await live.until("2 in flight")
            started = live.children()
            live.process.send_signal(signal.SIGINT)
            assert await live.end() == 5
            await all_gone(started)
        assert lab.counts.requests == 2
    assert taken(env) == [False, False]


async def test_mistakes_in_a_preset_come_all_at_once(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(json.dumps(judged("lab") | {"nope": 1, "limits": {"max_attempts": 0}}))
    done = await acm2("run", str(path), env=env | {"LAB_BASE_URL": "http://127.0.0.1:9/v1"})
    assert done.code == 64
    assert "nope" in done.err
    assert "limits.max_attempts" in done.err


async def test_a_missing_key_is_named(env: dict[str, str], preset: str) -> None:
    done = await acm2("run", preset, env=env)
    assert done.code == 64
    assert "LAB_BASE_URL" in done.err
