"""``acm2 rm``: gone wherever it was."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.acm2_process import acm2, environment
from tests.cli.fake_server import Exchange, FakeServer, Request, answers, fake_server, problem, says
from tests.cli.runs import RUN, run_list

PATH = f"/runs/{RUN}"

pytestmark = pytest.mark.e2e


def both_know_it(executor: FakeServer, telemetry: FakeServer) -> None:
    telemetry.on("GET", "/runs", answers(run_list(RUN)))
    telemetry.on("DELETE", PATH, says("", 204))
    executor.on("DELETE", PATH, says("", 204))


async def test_a_run_is_deleted_at_both_services(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN[:12], env=env)
        assert (done.code, done.out) == (0, f"{RUN}: deleted\n")
        assert executor.asked("DELETE", PATH)
        assert telemetry.asked("DELETE", PATH)


async def test_a_run_the_executor_does_not_know_is_deleted_all_the_same(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        executor.on("DELETE", PATH, problem(404, "unknown-run", "no such run"))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        assert (await acm2("rm", RUN, env=env)).code == 0
        assert telemetry.asked("DELETE", PATH)


async def test_a_run_that_is_not_at_telemetry_yet_is_deleted_at_the_executor(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        telemetry.on("GET", "/runs", answers(run_list()))
        telemetry.on("DELETE", PATH, problem(404, "unknown-run", "no such run"))
        executor.on("GET", "/runs", answers(run_list(RUN)))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN[:8], env=env)
        assert (done.code, done.out) == (0, f"{RUN}: deleted\n")
        assert executor.asked("DELETE", PATH)


async def test_while_telemetry_is_away_the_executor_deletes_and_goes_on_trying_there(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        executor.on("GET", "/runs", answers(run_list(RUN)))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL="http://127.0.0.1:9")
        done = await acm2("rm", RUN, "--json", env=env)
        assert (done.code, json.loads(done.out)) == (0, {"deleted": [RUN]})
        assert "as soon as it can" in done.err


async def test_without_any_service_nothing_is_said_to_be_deleted(tmp_path: Path) -> None:
    env = environment(tmp_path, ACM2_EXECUTOR_URL="http://127.0.0.1:9", ACM2_TELEMETRY_URL="http://127.0.0.1:9")
    done = await acm2("rm", RUN, env=env)
    assert (done.code, done.out) == (69, "")


async def test_without_the_executor_telemetrys_part_is_deleted_and_that_is_said(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        env = environment(tmp_path, ACM2_EXECUTOR_URL="http://127.0.0.1:9", ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN, env=env)
        assert done.code == 0
        assert "deleting at telemetry only" in done.err


async def test_a_beginning_that_fits_somebody_elses_run_too_deletes_neither(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        telemetry.on("GET", "/runs", answers(run_list(RUN, "2026-mine")))
        executor.on("GET", "/runs", answers(run_list(RUN)))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", "2026", env=env)
        assert done.code == 64
        assert "2026-mine" in done.err
        assert not executor.asked("DELETE", PATH)


async def test_a_run_that_is_active_stays(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        executor.on("DELETE", PATH, problem(409, "run-active", "the run is running; cancel it first"))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN, env=env)
        assert done.code == 64
        assert "cancel it first" in done.err
        assert not telemetry.asked("DELETE", PATH)


def left_active(executor: FakeServer, telemetry: FakeServer, **known: Any) -> None:
    """A run that is active at telemetry until its log is ended, and unknown to the executor."""
    telemetry.on("GET", "/runs", answers(run_list(RUN)))
    executor.on("DELETE", PATH, problem(404, "unknown-run", "no such run"))
    run = {"run_id": RUN, "status": "running", "epoch": "k3v9", "last": 7, "numbered_by": "producer"}
    telemetry.on("GET", PATH, answers(run | {"producer": {"state": "silent"}} | known))

    async def delete(request: Request, exchange: Exchange) -> None:
        ended = telemetry.asked("POST", f"{PATH}/events")
        active = problem(409, "run-active", f"run {RUN} is running; cancel it first")
        await (says("", 204) if ended else active)(request, exchange)

    telemetry.on("DELETE", PATH, delete)
    telemetry.on("POST", f"{PATH}/events", answers({"accepted": 1}))


ENDED = {"type": "run_finished", "data": {"status": "cancelled", "reason": "removed by hand"}}


@pytest.mark.parametrize(
    ("known", "place"),
    [
        ({}, {"seq": 8, "epoch": "k3v9"}),
        ({"numbered_by": "service"}, {}),
        ({"producer": None, "numbered_by": None}, {}),
    ],
)
async def test_a_run_nobody_works_on_is_ended_and_deleted_with_force(
    known: dict[str, Any], place: dict[str, Any], tmp_path: Path
) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        left_active(executor, telemetry, **known)
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN, "--force", env=env)
        assert (done.code, done.out) == (0, f"{RUN}: deleted\n")
        assert [request.json for request in telemetry.asked("POST", f"{PATH}/events")] == [ENDED | place]


async def test_without_force_the_way_out_is_said_and_nothing_is_ended(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        left_active(executor, telemetry)
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN, env=env)
        assert done.code == 64
        assert f"acm2 rm {RUN} --force" in done.err
        assert "cancel it first" not in done.err
        assert not telemetry.asked("POST", f"{PATH}/events")


async def test_a_run_whose_producer_lives_stays_even_with_force(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        left_active(executor, telemetry, producer={"state": "live"})
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN, "--force", env=env)
        assert done.code == 64
        assert "gives signs of life" in done.err
        assert not telemetry.asked("POST", f"{PATH}/events")


async def test_while_the_executor_cannot_be_asked_no_run_is_ended(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        left_active(executor, telemetry)
        env = environment(tmp_path, ACM2_EXECUTOR_URL="http://127.0.0.1:9", ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN, "--force", env=env)
        assert done.code == 64
        assert "acm2 up" in done.err
        assert not telemetry.asked("POST", f"{PATH}/events")
