"""A run that is deleted: gone here at once, and at telemetry as soon as that is possible."""

from pathlib import Path

import pytest

from services.executor.errors import RunActiveError, RunExistsError, UnknownRunError
from tests.executor.engine import engine
from tests.executor.fakes import FakeWorkers
from tests.executor.lives import left_behind, started_again

TABLES = ("runs", "events", "calls", "attempts", "documents", "instructions", "scores")


async def test_every_row_of_a_deleted_run_is_gone_and_none_of_another(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run("run-1", docs=2, generation={}, single_eval={})
        await here.run("run-2", docs=2, generation={}, single_eval={})
        await here.runs.delete("run-1")
        with here.database.writer.begin() as connection:
            for table in TABLES:
                count = f"SELECT count(*) FROM {table} WHERE run_id = "
                assert connection.exec_driver_sql(count + "'run-1'").scalar() == 0
                assert (connection.exec_driver_sql(count + "'run-2'").scalar() or 0) > 0
        with pytest.raises(UnknownRunError):
            await here.runs.find("run-1")


async def test_it_may_be_repeated_and_its_id_is_not_given_to_another_run(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run(docs=1)
        for _ in range(3):
            await here.runs.delete("run-1")
        with pytest.raises(RunExistsError):
            await here.start("run-1", docs=1)
        with pytest.raises(UnknownRunError):
            await here.runs.delete("never-was")


async def test_a_run_under_way_is_not_deleted(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=2)
        await workers.until(lambda: workers.under_way == 2)
        with pytest.raises(RunActiveError):
            await here.runs.delete("run-1")
        await here.runs.pause("run-1")
        with pytest.raises(RunActiveError):
            await here.runs.delete("run-1")
        await here.runs.cancel("run-1")
        await here.runs.delete("run-1")


async def test_an_interrupted_run_can_be_deleted_and_is_not_taken_up_again(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    async with engine(tmp_path) as here:
        await started_again(here, auto_resume_s=0)
        await here.runs.delete("run-1")
    async with engine(tmp_path) as here:
        await started_again(here)
        assert here.runs.live_count == 0
        assert await here.reader.runs(limit=10, before=None) == []
