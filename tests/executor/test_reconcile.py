"""At a run's end both sides say count and digest; what is missing is sent again, what differs is shown."""

from pathlib import Path

from shared.failures import FailureKind
from tests.executor.desk_claims import AWAY, arrived, delivered, desk_engine, shown, until
from tests.executor.engine import engine
from tests.executor.fakes import answer, failure


async def test_a_finished_run_is_compared_and_equal(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        events = await here.run(docs=3, single_eval={})
        await delivered(here)
        now = await shown(here)
        assert now["reconciled"]["equal"] is True
        assert now["reconciled"]["count"] == len(events)
        assert now["reconciled"]["digest"] == here.telemetry.theirs("run-1").digest
        assert (now["pending"], now["sent"], now["discarded"], now["stopped"]) == (0, len(events), 0, None)
        assert here.desk.counts.reconciled == {"equal": 1}
        assert here.desk.unaccounted_events == 0


async def test_a_run_with_a_reported_event_is_equal_too(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.refuse = lambda event: event["type"] == "call_started"
        await here.run(docs=2)
        await delivered(here)
        now = await shown(here)
        assert now["discarded"] == 2
        assert here.desk.counts.discarded == {"refused": 2}
        assert now["reconciled"]["equal"] is True
        assert here.desk.unaccounted_events == 0


async def test_a_run_compared_once_is_not_asked_for_again_by_the_next_life(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        telemetry = here.telemetry
    async with engine(tmp_path) as here:
        here.telemetry.events, here.telemetry.lines = telemetry.events, telemetry.lines
        here.group.start_soon(here.desk.run)
        await until(lambda: here.desk.comparison.passes == 1)
        assert "GET run-1" not in here.telemetry.asked
        assert (await shown(here))["reconciled"]["equal"] is True


async def test_what_could_not_be_compared_at_the_end_is_compared_later(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.forged["run-1"] = {"digest": "not yet right"}
        await here.run(docs=1)
        await delivered(here)
        telemetry = here.telemetry
        assert (await shown(here))["reconciled"]["equal"] is False
    async with engine(tmp_path) as here:
        here.telemetry.events, here.telemetry.lines = telemetry.events, telemetry.lines
        here.group.start_soon(here.desk.run)
        await until(lambda: here.desk.comparison.passes == 1)
        await here.ledger.flush()
        assert (await shown(here))["reconciled"]["equal"] is True
        assert here.desk.unaccounted_events == 0


async def test_a_difference_that_cannot_be_mended_is_counted_and_shown_by_every_later_life(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.forged["run-1"] = {"digest": "forged"}
        events = await here.run(docs=1)
        await delivered(here)
        found = (await shown(here))["reconciled"]
        assert found["equal"] is False
        assert found["count"] == len(events)
        assert found["telemetry"] == {"count": len(events), "digest": "forged"}
        assert (await here.runs.find("run-1")).status == "completed"
        assert here.desk.counts.reconciled == {"different": 1}
        assert here.desk.unaccounted_events == 1
    async with engine(tmp_path) as here:
        here.telemetry.away = AWAY
        here.group.start_soon(here.desk.run)
        await until(lambda: here.desk.unaccounted_events == 1)
        assert (await shown(here))["reconciled"]["equal"] is False


async def test_events_missing_at_the_end_are_sent_again(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.loses_before_compared = 4
        events = await here.run(docs=2)
        await delivered(here)
        assert len(arrived(here)) == len(events)
        assert here.desk.counts.resent == len(events) - 4
        assert (await shown(here))["reconciled"]["equal"] is True


async def test_a_telemetry_that_never_has_what_it_took_is_asked_a_bounded_number_of_times(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.forged["run-1"] = {"last": 3, "count": 3}
        events = await here.run(docs=2)
        await delivered(here)
        found = (await shown(here))["reconciled"]
        assert found["equal"] is False
        assert found["telemetry"]["count"] == 3
        assert len(here.telemetry.posts) < 40
        assert here.desk.unaccounted_events == len(events) - 3


async def test_a_run_that_goes_on_after_it_was_compared_is_not_shown_as_compared(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.workers.script = lambda _request, before: answer() if before else failure(FailureKind.BAD_REQUEST)
        await here.run(docs=2)
        await delivered(here)
        first = (await shown(here))["reconciled"]
        assert first["equal"] is True
        await here.runs.resume("run-1")
        await here.ended()
        await delivered(here)
        again = (await shown(here))["reconciled"]
        assert again["equal"] is True
        assert again["count"] > first["count"]
