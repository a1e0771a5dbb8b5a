"""A run deleted here is deleted at telemetry too, however long that takes."""

from pathlib import Path

from services.executor.core.delivery.telemetry_answer import Answer
from tests.executor.desk_claims import AWAY, arrived, delivered, desk_engine, until
from tests.executor.engine import Engine
from tests.executor.fakes import FakeWorkers


def forgotten(here: Engine) -> bool:
    return here.desk.deletions.pending == 0


async def test_telemetry_forgets_a_run_that_is_deleted_here(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        await here.runs.delete("run-1")
        await until(lambda: forgotten(here))
        assert here.telemetry.deleted == {"run-1"}


async def test_a_deletion_outlives_the_executor_and_waits_for_telemetry(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        telemetry = here.telemetry
        here.telemetry.away = AWAY
        await here.runs.delete("run-1")
        await until(lambda: here.telemetry.asked.count("GET run-1") > 2)
        assert here.desk.deletions.pending == 1
    async with desk_engine(tmp_path) as here:
        here.telemetry.events, here.telemetry.lines = telemetry.events, telemetry.lines
        await until(lambda: here.telemetry.deleted == {"run-1"} and forgotten(here))
    async with desk_engine(tmp_path) as here:
        await until(lambda: here.desk.comparison.passes == 1)
        assert not [asked for asked in here.telemetry.asked if asked.startswith("DELETE")]


async def test_another_producers_run_under_the_same_id_is_left_alone(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        here.telemetry.forged["run-1"] = {"epoch": "another"}
        await here.runs.delete("run-1")
        await until(lambda: forgotten(here))
        assert here.telemetry.deleted == set()
        assert not [asked for asked in here.telemetry.asked if asked.startswith("DELETE")]


async def test_a_run_telemetry_never_heard_of_is_asked_for_twice(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        here.telemetry.deaf = AWAY
        await here.run(docs=1)
        await here.runs.delete("run-1")
        await until(lambda: forgotten(here))
        assert here.telemetry.asked.count("GET run-1") == 2
        assert here.desk.get("run-1") is None


async def test_a_run_whose_end_never_arrived_is_ended_there_and_forgotten(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with desk_engine(tmp_path, workers) as here:
        await here.start(docs=1)
        await until(lambda: len(arrived(here)) > 3)
        here.telemetry.deaf = AWAY
        workers.let_go()
        await here.ended()
        await here.runs.delete("run-1")
        here.telemetry.deaf = None
        await until(lambda: here.telemetry.deleted == {"run-1"} and forgotten(here))


async def test_nothing_of_a_deleted_run_is_sent_again_when_telemetry_is_wiped(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        await here.runs.delete("run-1")
        await until(lambda: forgotten(here))
        here.telemetry.wipe()
        here.telemetry.deleted.clear()
        await until(lambda: here.desk.comparison.passes > 0)
        posts = len(here.telemetry.posts)
        here.telemetry.away = AWAY
        await until(lambda: here.desk.link.state == "down")
        passes, here.telemetry.away = here.desk.comparison.passes, None
        await until(lambda: here.desk.comparison.passes > passes)
        assert len(here.telemetry.posts) == posts


async def test_a_deletion_that_is_refused_is_tried_again_at_a_bounded_pace(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        here.telemetry.away = Answer(status=403, problem="forbidden", detail="no")
        await here.runs.delete("run-1")
        await until(lambda: here.telemetry.asked.count("GET run-1") >= 5)
        assert here.desk.counts.failures["unauthorized"] >= 3
        here.telemetry.away = None
        await until(lambda: forgotten(here))
