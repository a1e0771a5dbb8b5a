"""``acm2 rm``: gone wherever it was."""

from pathlib import Path

import pytest

from tests.cli.acm2_process import acm2, environment
from tests.cli.fake_server import FakeServer, answers, fake_server, problem, says
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


async def test_a_run_that_is_active_stays(tmp_path: Path) -> None:
    async with fake_server() as executor, fake_server() as telemetry:
        both_know_it(executor, telemetry)
        executor.on("DELETE", PATH, problem(409, "run-active", "the run is running; cancel it first"))
        env = environment(tmp_path, ACM2_EXECUTOR_URL=executor.url, ACM2_TELEMETRY_URL=telemetry.url)
        done = await acm2("rm", RUN, env=env)
        assert done.code == 64
        assert "cancel it first" in done.err
        assert not telemetry.asked("DELETE", PATH)
