"""A run of all phases, cut off anywhere: the next life keeps what was chosen and asks only what is missing."""

import random
import tempfile
from collections import Counter
from pathlib import Path

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.failures import FailureKind
from shared.llm_call import LlmRequest
from tests.executor.comparing import Favourites, five_phases
from tests.executor.engine import Engine, Event, engine, of_type
from tests.executor.fakes import FakeWorkers, Outcome, failure
from tests.executor.lives import started_again

_ENDINGS = ("call_succeeded", "call_failed", "call_cancelled", "call_lost")
_KINDS = (FailureKind.BAD_REQUEST, FailureKind.SERVER, FailureKind.UNREADABLE_VERDICT)


class HeldAt(FakeWorkers):
    """Holds every request of one kind; the others are answered."""

    def __init__(self, script: Favourites, held: str) -> None:
        super().__init__(script)
        self._held_kind = held

    async def ask(self, key: str, request: LlmRequest, *, alone: bool = False) -> Outcome:
        self.hold = key.split("/")[1].startswith(self._held_kind)
        return await super().ask(key, request, alone=alone)


async def kept(here: Engine) -> list[tuple[str, str, str]]:
    return [(item.phase, item.input, item.documents) for item in await here.reader.choices("run-1")]


async def test_bound_places_stay_bound_after_a_kill(tmp_path: Path) -> None:
    first = HeldAt(Favourites(), "combine~")
    async with engine(tmp_path, first) as here:
        await here.start(docs=2, **five_phases(models=3, judges=1, top_n=2), limits={"concurrency": 4})
        await first.until(lambda: first.under_way == 2)
        await here.ledger.flush()
        before = await kept(here)
    assert len(before) == 4
    second = FakeWorkers(Favourites())
    async with engine(tmp_path, second) as here:
        await started_again(here)
        await here.ended()
        assert await kept(here) == before
        events = await here.events()
    assert len(first.requests) == 6 + 6 + 4 + 2
    assert len(second.requests) == 2 + 12
    assert of_type(events, "run_finished")[0]["status"] == "completed"


async def test_calls_of_places_that_were_bound_before_a_cancel_are_asked_with_the_same_documents(
    tmp_path: Path,
) -> None:
    workers = HeldAt(Favourites(), "compare~")
    async with engine(tmp_path, workers) as here:
        await here.start(docs=1, **five_phases(models=3, judges=1, top_n=2))
        await workers.until(lambda: workers.under_way == 2)
        await here.runs.cancel("run-1")
        shown = {item.call_id: item.shown for item in await here.reader.calls("run-1", limit=99) if item.shown}
        assert len(shown) == 2
    async with engine(tmp_path, FakeWorkers(Favourites())) as here:
        await here.runs.resume("run-1")
        await here.ended()
        calls = {item.call_id: item for item in await here.reader.calls("run-1", limit=99)}
        assert {call_id: calls[call_id].shown for call_id in shown} == shown
        assert {item.status for item in calls.values()} == {"succeeded"}
        assert all(item.shown for item in calls.values() if item.phase not in ("generation", "single_eval"))


async def test_a_text_that_comes_only_after_a_resume_takes_the_place_that_stayed_empty(tmp_path: Path) -> None:
    likes = Favourites()

    def script(request: LlmRequest, before: int) -> Outcome:
        if request.instructions == "Rewrite." and request.temperature in (0.2, 0.3):
            return failure(FailureKind.BAD_REQUEST)
        return likes(request, before)

    async with engine(tmp_path, FakeWorkers(script)) as here:
        await here.run(docs=1, **five_phases(models=4, judges=1, top_n=3))
        assert (
            "pairwise_eval",
            "doc_1",
            '["doc_1~scripted.writer.json-2~1","doc_1~scripted.writer.json~1"]',
        ) in await kept(here)
    async with engine(tmp_path, FakeWorkers(likes)) as here:
        await here.runs.resume("run-1")
        await here.ended()
        places = [f'"doc_1~scripted.writer.json{number}~1"' for number in ("-2", "", "-4")]
        assert ("pairwise_eval", "doc_1", f"[{','.join(places)}]") in await kept(here)
        # What was combined of the two best of its time stays so.
        assert ("combine", "doc_1", f"[{places[0]},{places[1]}]") in await kept(here)
        assert of_type(await here.events(), "run_finished")[-1]["status"] == "completed"


class Fickle:
    """Answers, fails and dies by chance."""

    def __init__(self, seed: int, fails: float) -> None:
        self._likes = Favourites()
        self._chance = random.Random(seed)
        self._fails = fails

    def __call__(self, request: LlmRequest, before: int) -> Outcome:
        if self._chance.random() < self._fails:
            return failure(self._chance.choice(_KINDS))
        return self._likes(request, before)


def check(events: list[Event], planned: int) -> None:
    """Every planned call has ended once since the last resume or succeeded before, every phase that began has ended."""
    ended: dict[str, str] = {}
    open_phases: Counter[str] = Counter()
    for type_, data in events:
        if type_ == "run_resumed" and data["reason"] == "asked":
            ended = {call_id: how for call_id, how in ended.items() if how == "call_succeeded"}
        elif type_ in _ENDINGS:
            assert data["call_id"] not in ended
            ended[data["call_id"]] = type_
        elif type_ == "phase_started":
            open_phases[data["phase"]] += 1
            assert open_phases[data["phase"]] == 1
        elif type_ == "phase_finished":
            open_phases[data["phase"]] -= 1
    assert len(ended) == planned
    assert not any(open_phases.values())


class Scenario:
    """One run over several lives of the executor."""

    def __init__(self, folder: Path, seed: int) -> None:
        chance = random.Random(seed)
        self._folder = folder
        self._parts = {
            "docs": 2,
            **five_phases(models=3, judges=1, combiners=chance.randint(1, 2), top_n=chance.choice([None, 2])),
            "limits": {"concurrency": 3, "max_attempts": 2, "identical_failures": None, "retry_share": None},
        }
        self.planned = 0

    async def life(self, script: Fickle, requests: int, *, first: bool) -> None:
        """A life that is cut off after so many requests, if the run is not over before."""
        workers = FakeWorkers(script)
        async with engine(self._folder, workers) as here:
            if first:
                await here.start(**self._parts)
            else:
                await started_again(here)
            live = here.runs.live("run-1")
            if live is not None:
                self.planned = live.plan.planned_calls
                await workers.until(lambda: len(workers.requests) >= requests or live.over.is_set())
            await here.ledger.flush()

    async def end(self) -> list[Event]:
        """The last life: a person resumes it, and everything is answered."""
        async with engine(self._folder, FakeWorkers(Favourites())) as here:
            await started_again(here, auto_resume_s=0)
            await here.runs.resume("run-1")
            await here.ended()
            assert (await here.stats())["successful_calls"] == self.planned
            return await here.events()


async def play(seed: int, fails: float, lives: list[int], folder: Path) -> None:
    scenario = Scenario(folder, seed)
    for number, requests in enumerate([*lives, 20]):
        await scenario.life(Fickle(seed + number, fails), requests, first=number == 0)
    check(await scenario.end(), scenario.planned)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32), fails=st.sampled_from([0.0, 0.2, 0.6]), lives=st.lists(st.integers(1, 40), max_size=3)
)
def test_whatever_fails_and_wherever_it_is_killed_every_planned_call_ends_once(
    seed: int, fails: float, lives: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(play, seed, fails, lives, Path(folder))
