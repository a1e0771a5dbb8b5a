"""Whatever is asked of a run and whenever it is cut off: no illegal move, no request beyond the budget, true numbers."""

import random
import tempfile
from pathlib import Path
from typing import Any

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.executor.errors import RunActiveError
from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from shared.status import FINAL, STATUS_AFTER, RunStatus, may_follow
from tests.executor.engine import Engine, Event, engine, of_type
from tests.executor.fakes import FakeWorkers, Outcome, answer, failure, verdict
from tests.executor.lives import started_again, status

COMMANDS = ("pause", "resume", "more", "cancel", "answer", "answer", "crash", "drain", "recover and crash")
MOST_REQUESTS = 9
MORE = 4
KINDS = (FailureKind.SERVER, FailureKind.BAD_REQUEST, FailureKind.WORKER_DIED, FailureKind.RATE_LIMITED)


class Fickle:
    """Answers some requests and fails others, by chance, and counts all of them over all lives."""

    def __init__(self, seed: int) -> None:
        self.requests = 0
        self._chance = random.Random(seed)

    def __call__(self, request: LlmRequest, _before: int) -> Outcome:
        self.requests += 1
        if self._chance.random() < 0.6:
            return verdict() if request.json else answer()
        return failure(self._chance.choice(KINDS))


class Scenario:
    """One run, what is asked of it, and how many requests it may make."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.provider = Fickle(seed)
        self.allowed = MOST_REQUESTS

    async def live(self, commands: list[str], *, first: bool) -> None:
        """One life of the executor, from its start to its end by a crash or the last command."""
        async with engine(self.folder, FakeWorkers(self.provider, hold=True)) as here:
            if first:
                limits = {"concurrency": 2, "max_attempts": 2, "max_requests": MOST_REQUESTS, "identical_failures": 3}
                await here.start(docs=3, generation={}, single_eval={}, limits=limits)
            else:
                await started_again(here)
            for command in commands:
                await self.do(here, command)
                await anyio.wait_all_tasks_blocked()
            await self.check(here)

    async def do(self, here: Engine, command: str) -> None:
        try:
            if command == "pause":
                await here.runs.pause("run-1")
            elif command == "resume":
                await here.runs.resume("run-1")
            elif command == "more":
                if await status(here) not in {"completed", "cancelling"}:
                    self.allowed += MORE
                    await here.runs.resume("run-1", {"max_requests": self.allowed})
            elif command == "cancel":
                await here.runs.cancel("run-1")
            elif command == "drain":
                await here.runs.drain()
            elif command == "answer":
                here.workers.let_go()
                here.workers.hold = True
        except RunActiveError:
            assert await status(here) in {"cancelling", *FINAL}

    async def end(self) -> list[Event]:
        """The last life: resumed until it is over, and everything is answered."""
        async with engine(self.folder, FakeWorkers(self.provider)) as here:
            await started_again(here, auto_resume_s=0)
            await here.runs.resume("run-1")
            await here.ended()
            await self.check(here)
            assert await status(here) in FINAL
            assert (await here.stats())["in_flight"] == 0
            return await here.events()

    async def check(self, here: Engine) -> None:
        """What holds at every moment. That the fold's numbers add up is checked by ``events``."""
        asked = self.provider.requests
        events = await here.events()
        now = RunStatus.WAITING
        for type_, data in events:
            if type_ in STATUS_AFTER or type_ == "run_finished":
                then = RunStatus(data["status"]) if type_ == "run_finished" else STATUS_AFTER[type_]
                assert may_follow(now, then), (now, then)
                now = then
            assert now not in FINAL or type_ == "run_finished", type_
        started = [(item["call_id"], item["attempt"]) for item in of_type(events, "attempt_started")]
        assert len(started) == len(set(started))
        assert asked <= len(started) <= self.allowed
        check_attempts(events)


def check_attempts(events: list[Event]) -> None:
    """Attempts of a call are numbered on over all lives, and no call is asked again that has its answer."""
    next_attempt: dict[str, int] = {}
    answered: set[str] = set()
    for type_, data in events:
        if type_ == "attempt_started":
            call_id = data["call_id"]
            assert call_id not in answered
            assert data["attempt"] == next_attempt.get(call_id, 1)
            next_attempt[call_id] = data["attempt"] + 1
        elif type_ == "call_succeeded":
            answered.add(data["call_id"])


def lives_of(commands: list[str]) -> list[list[str]]:
    """The commands of each life: a crash or a drain ends one."""
    lives: list[list[str]] = [[]]
    for command in commands:
        if command == "recover and crash":
            lives += [[], []]
        elif command == "crash":
            lives.append([])
        elif command == "drain":
            lives[-1].append(command)
            lives.append([])
        else:
            lives[-1].append(command)
    return lives


async def play(commands: list[str], seed: int, folder: Path) -> None:
    scenario = Scenario(folder, seed)
    for number, life in enumerate(lives_of(commands)):
        await scenario.live(life, first=number == 0)
    events = await scenario.end()
    stats: dict[str, Any] = {}
    for item in of_type(events, "run_finished"):
        stats = item
    assert stats["status"] in {"completed", "completed_with_errors"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(commands=st.lists(st.sampled_from(COMMANDS), max_size=8), seed=st.integers(0, 2**32))
def test_no_order_of_commands_and_crashes_breaks_a_promise(commands: list[str], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(play, commands, seed, Path(folder))
