"""``acm2 logs``: what the run said, up to now or as it comes."""

import json
import sys
from pathlib import Path

import anyio
import pytest

from tests.cli.acm2_process import acm2, acm2_live, environment
from tests.cli.fake_server import FakeServer, answers, fake_server, says, streams
from tests.cli.runs import RUN, end, event, hello, run_list, stored

EVENTS = f"/runs/{RUN}/events"
LOG = [
    stored("call_started", 1, call_id="c1"),
    stored("log", 2, level="warning", message="slow today"),
    stored("alert", 3, alert_id="a1", state="raised", kind="budget", message="90 % spent"),
]
LINES = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in LOG)

pytestmark = pytest.mark.e2e


def telemetry_with(server: FakeServer) -> None:
    server.on("GET", "/runs", answers(run_list(RUN)))
    server.on("GET", EVENTS, says(LINES, content_type="application/x-ndjson"))


async def test_log_lines_and_alerts_are_printed_and_nothing_else(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        done = await acm2("logs", env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
        assert server.asked("GET", EVENTS)[0].headers["accept"] == "application/x-ndjson"
    assert done.code == 0
    assert done.out.splitlines() == [
        "2026-11-22T10:15:02.000Z warning slow today",
        "2026-11-22T10:15:03.000Z alert raised: 90 % spent",
    ]


async def test_every_event_can_be_had(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        done = await acm2("logs", RUN, "--all", env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert done.out.splitlines()[0] == '2026-11-22T10:15:01.000Z #1 call_started {"call_id": "c1"}'
    assert len(done.out.splitlines()) == 3


async def test_json_is_the_stored_lines_as_they_are(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        done = await acm2("logs", "--all", "--json", env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert done.out == LINES


async def test_following_goes_on_until_the_run_ends(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        server.on(
            "GET",
            EVENTS,
            streams(hello(), event("log", 1, message="one"), reset=True),
            streams(hello(), event("log", 2, message="two"), end("failed")),
        )
        async with acm2_live("logs", "-f", env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url)) as live:
            assert await live.end() == 0
        assert server.asked("GET", EVENTS)[0].query == "from=start&heartbeat=5"
    assert [line.split()[-1] for line in live.out.splitlines()] == ["one", "two"]
    assert "stats link down since" in live.err


async def test_after_a_gap_no_line_is_printed_twice(tmp_path: Path) -> None:
    gap = b'event: gap\ndata: {"type": "gap", "reason": "dropped"}\n\n'
    one, two, three = (event("log", seq, message=f"line-{seq}") for seq in (1, 2, 3))
    async with fake_server() as server:
        telemetry_with(server)
        server.on(
            "GET", EVENTS, streams(hello(), one, two, reset=True), streams(hello(), gap, two, three, end("failed"))
        )
        done = await acm2("logs", "-f", env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert [line.split()[-1] for line in done.out.splitlines()] == ["line-1", "line-2", "line-3"]
    assert "a part of the log is gone: dropped" in done.err
    assert "stats link is back" in done.err


async def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        many = LINES.splitlines()[1] + "\n"
        server.on("GET", EVENTS, says(many * 20_000, content_type="application/x-ndjson"))
        pipe = f"set -o pipefail; {sys.executable} -m services.cli logs | head -n 1"
        env = environment(tmp_path, ACM2_TELEMETRY_URL=server.url)
        done = await anyio.run_process(["bash", "-c", pipe], check=False, env=env)
    assert done.returncode == 0
    assert b"slow today" in done.stdout
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is always full")
async def test_a_disk_that_takes_no_more_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        onto = f"{sys.executable} -m services.cli logs --all --json"
        env = environment(tmp_path, ACM2_TELEMETRY_URL=server.url)
        full = await anyio.run_process(["bash", "-c", f"{onto} >/dev/full"], check=False, env=env)
        unwanted = await anyio.run_process(["bash", "-c", f"{onto} >&- 2>&-"], check=False, env=env)
    assert (full.returncode, full.stderr) == (74, b"acm2: stdout cannot be written: No space left on device\n")
    assert unwanted.returncode == 0
