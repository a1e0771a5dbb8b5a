"""``acm2 doctor``: all well, nothing there, something hanging; it says so, ends, and leaves nothing behind."""

import json
import signal
from pathlib import Path
from typing import Any

import anyio
import pytest

from services.cli.commands.doctor import exit_code
from tests.cli.acm2_process import acm2, acm2_live, environment
from tests.cli.checkup import found, wrong
from tests.cli.fake_server import Exchange, Request, answers, says
from tests.cli.healthy import EPOCH, healthy, sse
from tests.free_port import free_port

pytestmark = pytest.mark.e2e


async def test_all_well_is_said_for_each_part_and_leaves_no_run_behind(tmp_path: Path) -> None:
    async with healthy() as pair:
        findings = await found(pair, tmp_path)
        assert wrong(findings) == []
        assert [finding.check for finding in findings] == [
            "executor", "telemetry", "build", "contract", "clocks", "exposure", "clocks", "exposure", "disk", "keys",
            "page", "page", "loop",
        ]  # fmt: skip
        assert "3 events came" in findings[-1].what
        run = pair.executor.asked("POST", "/runs")[0].json
        assert {model["provider"] for model in run["config"]["single_eval"]["judges"]} == {"scripted"}
        assert not await anyio.Path(run["config"]["single_eval"]["judges"][0]["model"]).exists()
        assert pair.executor.asked("DELETE", f"/runs/{pair.run_id}")
        assert pair.deleted_at_telemetry
    assert exit_code(findings) == 0


@pytest.mark.parametrize("name", ["executor", "telemetry"])
async def test_a_service_that_hangs_is_a_finding_and_no_hang(name: str, tmp_path: Path) -> None:
    async def silence(_request: Request, exchange: Exchange) -> None:
        await exchange.hang()

    async with healthy() as pair:
        getattr(pair, name).on("GET", "/metrics", silence)
        findings = wrong(await found(pair, tmp_path))
        assert not pair.executor.asked("POST", "/runs")
    assert [finding.check for finding in findings] == [name]
    assert "does not answer within" in findings[0].what
    assert exit_code(findings) == 69


async def test_something_else_at_the_address_is_named(tmp_path: Path) -> None:
    async with healthy() as pair:
        pair.telemetry.on("GET", "/metrics", says("nginx_up 1"))
        findings = wrong(await found(pair, tmp_path))
    assert "is not telemetry (process" in findings[0].what
    assert "--telemetry-url" in findings[0].mend


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"pending": 6, "link": {"state": "down", "reason": "connection refused"}},
            "connection refused): 6 events wait",
        ),
        ({"pending": 6, "link": {"state": "up"}}, "6 wait at the executor"),
        ({"pending": 0, "link": {"state": "up"}}, "though telemetry has them all"),
    ],
)
async def test_where_the_events_are_stuck_is_said(told: dict[str, Any], said: str, tmp_path: Path) -> None:
    async with healthy() as pair:

        async def start(request: Request, exchange: Exchange) -> None:
            await pair.start(request, exchange)
            pair.executor.on("GET", f"/runs/{pair.run_id}", answers({"status": "completed", "telemetry": told}))
            pair.telemetry.on("GET", f"/runs/{pair.run_id}/events", stream)

        async def stream(_request: Request, exchange: Exchange) -> None:
            await exchange.head(200, "text/event-stream")
            await exchange.send(sse("hello", json.dumps({"type": "hello", "epoch": EPOCH, "seq": 0})))
            await exchange.hang()

        pair.executor.on("POST", "/runs", start)
        findings = wrong(await found(pair, tmp_path))
        assert pair.executor.asked("DELETE", f"/runs/{pair.run_id}")
    assert said in findings[0].what


async def test_a_run_the_executor_does_not_delete_at_telemetry_is_deleted_from_here(tmp_path: Path) -> None:
    async with healthy() as pair:

        async def start(request: Request, exchange: Exchange) -> None:
            await pair.start(request, exchange)
            pair.executor.on("DELETE", f"/runs/{pair.run_id}", says("", 204))

        pair.executor.on("POST", "/runs", start)
        assert wrong(await found(pair, tmp_path)) == []
        assert pair.telemetry.asked("DELETE", f"/runs/{pair.run_id}")


async def test_a_folder_that_cannot_be_written_and_a_disk_without_room_are_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    async with healthy() as pair:
        unwritable = wrong(await found(pair, tmp_path / "file"))
        full = wrong(await found(pair, tmp_path, min_free_bytes=2**62))
    assert "cannot be written: Not a directory" in unwritable[0].what
    assert "no event is taken" in full[0].what
    assert "--data-dir" in full[0].mend


async def test_ctrl_c_takes_the_trial_run_away(tmp_path: Path) -> None:
    async with healthy() as pair:

        async def start(request: Request, exchange: Exchange) -> None:
            await pair.start(request, exchange)
            pair.telemetry.on("GET", f"/runs/{pair.run_id}/events", stream)

        async def stream(_request: Request, exchange: Exchange) -> None:
            await exchange.head(200, "text/event-stream")
            streaming.set()
            await exchange.hang()

        streaming = anyio.Event()
        pair.executor.on("POST", "/runs", start)
        env = environment(tmp_path, ACM2_EXECUTOR_URL=pair.executor.url, ACM2_TELEMETRY_URL=pair.telemetry.url)
        async with acm2_live("doctor", env=env) as live:
            await streaming.wait()
            live.process.send_signal(signal.SIGINT)
            assert await live.end() == 130
        assert pair.executor.asked("DELETE", f"/runs/{pair.run_id}")
        assert pair.deleted_at_telemetry


async def test_without_services_it_says_so_and_checks_what_it_can(tmp_path: Path) -> None:
    ports = {name: str(free_port("127.0.0.1")) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT")}
    presets = tmp_path / "presets"
    presets.mkdir()
    judge = {"provider": "mylab", "model": "m"}
    config = {"documents": [{"id": "d", "text": "t"}], "single_eval": {"criteria": ["Clarity"], "judges": [judge]}}
    (presets / "mine.yaml").write_text(json.dumps({"name": "mine", **config}))
    env = environment(tmp_path, ACM2_DATA_DIR=str(tmp_path / "data"), ACM2_PRESETS_DIR=str(presets), **ports)
    done = await acm2("doctor", env=env)
    assert done.code == 69
    lines = done.out.splitlines()
    assert lines[0].startswith("!!  the executor does not run: nobody answers at http://127.0.0.1:")
    assert lines[0].endswith(" — start both with: acm2 up")
    assert lines[1].startswith("!!  telemetry does not run")
    assert lines[2].startswith("ok  ")
    assert (
        lines[3]
        == "!!  preset mine cannot run: MYLAB_BASE_URL is not set — export MYLAB_BASE_URL=... here, before acm2 up"
    )
    assert len(lines) == 4
    assert not (tmp_path / "data").exists()


async def test_real_services_are_well_and_keep_nothing_of_it(tmp_path: Path) -> None:
    ports = {name: str(free_port("127.0.0.1")) for name in ("ACM2_EXECUTOR_PORT", "ACM2_TELEMETRY_PORT")}
    env = environment(tmp_path, ACM2_DATA_DIR=str(tmp_path / "data"), **ports)
    async with acm2_live("up", env=env) as live:
        await live.until("both are ready")
        done = await acm2("doctor", "--json", env=env)
        told = json.loads(done.out)
        assert [one for one in told["findings"] if not one["ok"]] == []
        assert (done.code, told["ok"]) == (0, True)
        listed = await acm2("runs", "--json", env=env)
        assert json.loads(listed.out) == []
        live.process.terminate()
        assert await live.end() == 0
