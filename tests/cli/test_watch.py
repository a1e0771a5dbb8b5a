"""``acm2 watch``: the exit code is the run's end, whatever the link does on the way."""

import signal
from pathlib import Path

import pytest

from tests.cli.acm2_process import acm2, acm2_live, environment
from tests.cli.fake_server import FakeServer, answers, fake_server, problem, says, streams
from tests.cli.runs import RUN, end, event, hello, numbers, run_list, status

LIVE = f"/runs/{RUN}/live"

pytestmark = pytest.mark.e2e


def telemetry_with(server: FakeServer) -> None:
    server.on("GET", "/runs", answers(run_list(RUN, "20261121-000000-aaaaaa")))


async def test_each_final_status_has_its_exit_code(tmp_path: Path) -> None:
    for name, code in (("completed", 0), ("completed_with_errors", 3), ("failed", 4), ("cancelled", 5)):
        async with fake_server() as server:
            telemetry_with(server)
            server.on("GET", LIVE, streams(hello(), numbers(8, successful_calls=3, planned_calls=3), end(name)))
            done = await acm2("watch", env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
        assert done.code == code
        assert "3 ok" in done.err
        assert done.out == ""


async def test_a_broken_link_is_said_and_taken_up_where_it_broke(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        server.on(
            "GET",
            LIVE,
            streams(hello(), numbers(5, in_flight=1), reset=True),
            streams(hello(), numbers(9, successful_calls=2), end("completed")),
        )
        done = await acm2("watch", RUN, env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
        opened = server.asked("GET", LIVE)
    assert done.code == 0
    assert "stats link down since" in done.err
    assert "last-event-id" not in opened[0].headers
    assert opened[1].headers["last-event-id"] == "k3v9-5"


async def test_a_service_that_goes_away_is_come_back_to(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        server.on(
            "GET",
            LIVE,
            streams(hello(), numbers(5), b'event: drain\ndata: {"type": "drain", "retry_ms": 10}\n\n'),
            says("not yet", 503),
            streams(hello(), end("completed")),
        )
        done = await acm2("watch", RUN, env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert done.code == 0
    assert "the service is going away" in done.err


async def test_a_run_that_was_over_when_the_link_came_back_is_asked_for_its_end(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        server.on("GET", LIVE, streams(hello(), numbers(5)), says("", 204))
        server.on("GET", f"/runs/{RUN}", answers({"run_id": RUN, "status": "cancelled"}))
        done = await acm2("watch", RUN, env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert done.code == 5


async def test_an_interrupted_run_without_a_sign_of_life_is_given_up(tmp_path: Path) -> None:
    silent = {"state": "silent", "since": "2026-11-22T10:15:00.000Z"}
    for name in ("interrupted", "running"):
        async with fake_server() as server:
            telemetry_with(server)
            server.on("GET", LIVE, streams(hello(), status(name, producer=silent), numbers(5), hang=True))
            env = environment(tmp_path, ACM2_TELEMETRY_URL=server.url, ACM2_PATIENCE="0.3")
            assert (await acm2("watch", RUN, env=env)).code == 6


async def test_while_the_link_is_down_the_executor_knows_the_end(tmp_path: Path) -> None:
    async with fake_server() as server, fake_server() as executor:
        telemetry_with(server)
        server.on("GET", LIVE, streams(hello(), numbers(5)), says("gone", 502))
        executor.on("GET", f"/runs/{RUN}", answers({"run_id": RUN, "status": "completed_with_errors"}))
        urls = {"ACM2_TELEMETRY_URL": server.url, "ACM2_EXECUTOR_URL": executor.url}
        env = environment(tmp_path, ACM2_PATIENCE="0.3", **urls)
        done = await acm2("watch", RUN, env=env)
    assert done.code == 3


async def test_log_lines_are_shown_and_cannot_steer_the_terminal(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        line = event("log", 4, level="warning", message="low\x1b[2J disk\n[bold]space")
        server.on("GET", LIVE, streams(hello(), line, end("completed")))
        done = await acm2("watch", RUN, env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert "warning: low [2J disk [bold]space" in done.err
    assert "\x1b" not in done.err


async def test_json_is_the_state_the_run_was_left_in(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        server.on("GET", LIVE, streams(hello(), numbers(8, attempts=7), end("completed")))
        done = await acm2("watch", "--json", env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert '"status": "completed"' in done.out
    assert '"attempts": 7' in done.out
    assert '"troubles": []' in done.out


async def test_ctrl_c_only_stops_the_watching(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        server.on("GET", LIVE, streams(hello(), numbers(5), hang=True))
        env = environment(tmp_path, ACM2_TELEMETRY_URL=server.url)
        async with acm2_live("watch", RUN, env=env) as live:
            await live.until("running")
            live.process.send_signal(signal.SIGINT)
            assert await live.end() == 130
        assert not [request for request in server.requests if request.method != "GET"]


async def test_a_run_that_will_never_be_shown_is_a_final_no(tmp_path: Path) -> None:
    async with fake_server() as server:
        telemetry_with(server)
        server.on("GET", LIVE, problem(410, "run-expired", "the run was deleted"))
        done = await acm2("watch", RUN, env=environment(tmp_path, ACM2_TELEMETRY_URL=server.url))
    assert done.code == 64
    assert "the run was deleted" in done.err


async def test_no_telemetry_is_69_with_the_way_out(tmp_path: Path) -> None:
    done = await acm2("watch", env=environment(tmp_path, ACM2_TELEMETRY_URL="http://127.0.0.1:9"))
    assert done.code == 69
    assert "http://127.0.0.1:9" in done.err
    assert "acm2 up" in done.err
