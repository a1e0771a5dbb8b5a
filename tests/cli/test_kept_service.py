"""A service that is kept up: started again when it dies, given up when it dies too often, ended when told."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from subprocess import PIPE

import anyio
import psutil
import pytest

from services.cli.errors import ServiceFailed
from services.cli.processes.kept_service import DEATHS_BORNE, KeptService
from services.cli.processes.port_holder import is_taken
from services.cli.processes.service_process import ServicePlan, ServiceProcess
from tests.free_port import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SERVER = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
DIES = "import sys; sys.stderr.write('no room\\n'); sys.exit(int(sys.argv[2]))"


@dataclass
class Launches:
    """Starts a small server, or what each further start is to be; remembers the processes."""

    port: int = field(default_factory=lambda: free_port("127.0.0.1"))
    codes: list[str] = field(default_factory=list)
    exit_code: int = 70
    started: list[ServiceProcess] = field(default_factory=list)

    async def __call__(
        self, plan: ServicePlan, environment: Mapping[str, str], tell: Callable[[str], None]
    ) -> ServiceProcess:
        code = self.codes.pop(0) if self.codes else SERVER
        command = [sys.executable, "-c", code, str(self.port), str(self.exit_code)]
        process = await anyio.open_process(command, stdout=PIPE, stderr=PIPE, env=dict(environment))
        service = ServiceProcess(plan=plan, process=process, tell=tell)
        self.started.append(service)
        return service


@asynccontextmanager
async def kept(
    launches: Launches,
    told: list[str],
    *,
    after_another: bool = False,
    again_after_s: float | None = None,
    name: str = "telemetry",
) -> AsyncIterator[KeptService]:
    plan = ServicePlan(name=name, spoken="the service", url=f"http://127.0.0.1:{launches.port}", arguments=[])
    service = KeptService(
        plan=plan,
        environment=os.environ,
        tell=told.append,
        hurry=anyio.Event(),
        after_another=after_another,
        again_after_s=again_after_s,
        launch=launches,
    )
    with anyio.fail_after(90):
        async with anyio.create_task_group() as group:
            group.start_soon(service.keep)
            try:
                yield service
            finally:
                await service.stop()
    assert not [one for one in launches.started if psutil.pid_exists(one.process.pid)]


async def until_told(told: list[str], text: str, times: int = 1) -> None:
    while sum(text in line for line in told) < times:  # noqa: ASYNC110 - told is a plain list
        await anyio.sleep(0.01)


async def test_it_is_started_again_and_both_is_said() -> None:
    launches, told = Launches(), list[str]()
    async with kept(launches, told) as service:
        await service.until_ready()
        launches.started[0].process.kill()
        await until_told(told, "the service is back")
        assert is_taken("127.0.0.1", launches.port)
    assert told == ["the service was ended by SIGKILL; it is started again", "the service is back"]
    assert not is_taken("127.0.0.1", launches.port)
    assert service.failure is None


async def test_after_too_many_deaths_it_is_given_up() -> None:
    launches, told = Launches(), list[str]()
    async with kept(launches, told) as service:
        await service.until_ready()
        launches.codes += [DIES] * (DEATHS_BORNE - 1)
        launches.started[0].process.kill()
        await service.lost.wait()
    assert len(launches.started) == DEATHS_BORNE
    assert service.failure is not None
    assert service.failure.exit_code == 70
    assert f"died {DEATHS_BORNE} times within a minute and is given up" in str(service.failure)
    assert "no room" in str(service.failure)


async def test_one_that_cannot_use_its_data_is_given_up_loudly_in_its_own_words_and_tried_again() -> None:
    launches, told = Launches(exit_code=74), list[str]()
    async with kept(launches, told, again_after_s=0.05) as service:
        await service.until_ready()
        launches.codes += [DIES] * 2
        launches.started[0].process.kill()
        await until_told(told, "GIVEN UP", times=2)
        await until_told(told, "the service is back")
        assert service.failure is None
        assert is_taken("127.0.0.1", launches.port)
    loud = next(line for line in told if "GIVEN UP" in line)
    assert loud.startswith("!! TELEMETRY IS GIVEN UP: the service ended with exit code 74:\n  no room")
    assert "do what it says there with the file it names" in loud
    assert "Runs go on" in loud
    assert "tried again every 0.05 s" in loud
    assert len(launches.started) == 4


async def test_while_it_is_given_up_its_failure_is_known_and_it_ends_when_told() -> None:
    launches, told = Launches(exit_code=74), list[str]()
    async with kept(launches, told, again_after_s=60.0) as service:
        await service.until_ready()
        launches.codes += [DIES]
        launches.started[0].process.kill()
        await until_told(told, "GIVEN UP")
        assert service.failure is not None
        assert service.failure.exit_code == 74
    assert len(launches.started) == 2


async def test_one_that_never_comes_up_is_not_tried_again() -> None:
    launches, told = Launches(codes=[DIES]), list[str]()
    async with kept(launches, told) as service:
        with pytest.raises(ServiceFailed, match="no room") as failed:
            await service.until_ready()
    assert failed.value.exit_code == 70
    assert len(launches.started) == 1
    assert told == []


async def test_a_data_folder_still_held_by_one_that_is_ending_is_waited_for() -> None:
    launches, told = Launches(codes=[DIES], exit_code=73), list[str]()
    async with kept(launches, told, after_another=True) as service:
        await service.until_ready()
    assert len(launches.started) == 2
    assert told == []


async def test_stopped_while_it_waits_for_its_next_start_it_is_not_started() -> None:
    launches, told = Launches(), list[str]()
    async with kept(launches, told) as service:
        await service.until_ready()
        launches.started[0].process.kill()
        await until_told(told, "it is started again")
    assert len(launches.started) == 1


async def test_a_failure_around_it_ends_it_too() -> None:
    launches = Launches()

    async def fails() -> None:
        async with kept(launches, []) as service:
            await service.until_ready()
            raise ValueError

    with pytest.raises(ExceptionGroup):
        await fails()
    assert not is_taken("127.0.0.1", launches.port)
