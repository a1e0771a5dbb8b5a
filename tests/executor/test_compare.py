"""The ledger and telemetry are compared: what telemetry has lost it gets again, of old runs too; the rest is shown."""

from pathlib import Path
from typing import Any

import pytest

from services.executor.core.delivery.acknowledgement import Halt
from services.executor.core.delivery.comparison import Behind, Gone, Level, Standing, Theirs, judge, worth_a_look
from services.executor.errors import DeliveryStoppedError
from services.executor.flows.runs.recover import recover
from shared.status import RunStatus
from tests.executor.desk_claims import AWAY, arrived, delivered, desk_engine, shown, until
from tests.executor.engine import Engine, engine
from tests.executor.fakes import FakeWorkers


def mine(**other: Any) -> Standing:
    given = {"run_id": "r", "epoch": "e", "status": RunStatus.COMPLETED, "last_seq": 9, "delivered_seq": 9, **other}
    return Standing(**given)


def theirs(**other: Any) -> Theirs:
    return Theirs(**{"run_id": "r", "epoch": "e", "last": 9, "count": 9, "digest": "d", **other})


RECONCILED = {"reconciled_seq": 9, "reconciled_digest": "d"}


@pytest.mark.parametrize(
    ("ours", "listed", "looked_at"),
    [
        (mine(**RECONCILED), theirs(), False),
        (mine(**RECONCILED), theirs(digest="other"), True),
        (mine(), theirs(), True),
        (mine(status=RunStatus.RUNNING), theirs(), False),
        (mine(status=RunStatus.RUNNING, delivered_seq=5), theirs(last=7), False),
        (mine(**RECONCILED), theirs(last=8), True),
        (mine(**RECONCILED), theirs(last=10), True),
        (mine(**RECONCILED), theirs(epoch="f"), True),
        (mine(**RECONCILED), None, True),
        (mine(delivered_seq=0), None, False),
        (mine(stopped="epoch-conflict"), theirs(epoch="f"), False),
    ],
)
def test_only_what_may_differ_is_asked_for(ours: Standing, listed: Theirs | None, looked_at: object) -> None:
    assert worth_a_look(ours, listed) is looked_at


def test_each_finding_has_its_meaning() -> None:
    assert judge(mine(), 9, Gone(deleted=False)) == Behind(0)
    assert judge(mine(), 9, theirs(last=4)) == Behind(4)
    assert judge(mine(), 4, theirs(last=4)) == Level(whole=False)
    assert judge(mine(), 9, theirs()) == Level(whole=True)
    gone = judge(mine(), 9, Gone(deleted=True))
    assert isinstance(gone, Halt)
    assert not gone.closes
    for found in (judge(mine(), 9, theirs(last=10)), judge(mine(), 9, theirs(epoch="f"))):
        assert isinstance(found, Halt)
        assert found.closes


async def wiped(here: Engine) -> None:
    """Telemetry goes away and comes back empty."""
    here.telemetry.away = AWAY
    await until(lambda: here.desk.link.state == "down")
    here.telemetry.wipe()
    here.telemetry.away = None


async def test_a_telemetry_wiped_after_everything_was_delivered_is_filled_again(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        for name in ("run-1", "run-2", "run-3"):
            await here.run(name, docs=2)
            await delivered(here, name)
        before = {name: list(log) for name, log in here.telemetry.events.items()}
        await wiped(here)
        await until(lambda: here.telemetry.events == before)
        for name in before:
            await delivered(here, name)
            assert (await shown(here, name))["reconciled"]["equal"] is True
        assert here.desk.counts.resent == sum(len(log) for log in before.values())
        assert here.desk.unaccounted_events == 0


async def test_a_telemetry_that_was_wiped_and_back_before_anybody_noticed_is_filled_again(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run("run-1", docs=2)
        await delivered(here)
        before = arrived(here)[:]
        await until(lambda: any(asked.endswith("/health/live") for asked in here.telemetry.asked))
        returns = here.desk.link.returns
        here.telemetry.wipe()
        here.telemetry.life += 1
        await until(lambda: arrived(here) == before)
        assert (here.desk.link.state, here.desk.link.returns) == ("up", returns + 1)


async def test_many_old_runs_are_filled_again_after_a_restart(tmp_path: Path) -> None:
    names = [f"run-{number}" for number in range(40)]
    async with desk_engine(tmp_path) as here:
        for name in names:
            await here.run(name, docs=1)
        for name in names:
            await delivered(here, name)
        lengths = {name: len(arrived(here, name)) for name in names}
    async with desk_engine(tmp_path) as here:
        await until(lambda: {name: len(arrived(here, name)) for name in names} == lengths)
        for name in names:
            await delivered(here, name)
            assert [event["seq"] for event in arrived(here, name)] == list(range(1, lengths[name] + 1))


async def test_a_shorter_telemetry_gets_what_it_lacks_and_no_more(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        events = await here.run(docs=3)
        await delivered(here)
        here.telemetry.away = AWAY
        await until(lambda: here.desk.link.state == "down")
        here.telemetry.lose("run-1", 5)
        here.telemetry.posts.clear()
        here.telemetry.away = None
        await until(lambda: len(arrived(here)) == len(events))
        assert here.telemetry.posts[0] == ("run-1", 6)
        await delivered(here)
        assert (await shown(here))["reconciled"]["equal"] is True


async def test_a_wiped_telemetry_is_filled_while_the_run_has_nothing_new_to_say(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with desk_engine(tmp_path, workers) as here:
        await here.start(docs=2)
        await until(lambda: here.desk.pending_events == 0 and len(arrived(here)) > 4)
        count = len(arrived(here))
        await wiped(here)
        await until(lambda: len(arrived(here)) == count)
        workers.let_go()
        await here.ended()


async def test_what_was_deleted_at_telemetry_is_not_sent_again(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        here.telemetry.away = AWAY
        await until(lambda: here.desk.link.state == "down")
        await here.telemetry.delete("run-1")
        here.telemetry.away = None
        await here.telemetry.delete("run-1")
        await until(lambda: here.desk.counts.halted > 0)
        await here.ledger.flush()
        assert "deleted" in (await shown(here))["stopped"]
        posts = len(here.telemetry.posts)
        await wiped(here)
        passes = here.desk.comparison.passes
        await until(lambda: here.desk.comparison.passes > passes)
        assert len(here.telemetry.posts) == posts


async def test_a_telemetry_ahead_of_the_ledger_closes_the_run(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with desk_engine(tmp_path, workers) as here:
        await here.start(docs=2)
        await until(lambda: here.desk.pending_events == 0 and len(arrived(here)) > 4)
        here.telemetry.away = AWAY
        await until(lambda: here.desk.link.state == "down")
        for _ in range(10):
            here.telemetry.events["run-1"].append(here.telemetry.events["run-1"][-1])
            here.telemetry.lines["run-1"].append(here.telemetry.lines["run-1"][-1])
        here.telemetry.away = None
        await here.ended()
        await delivered(here)
        stored = await here.runs.find("run-1")
        assert stored.status == "failed"
        assert "the ledger only up to" in (stored.reason or "")
        assert "the ledger only up to" in (await shown(here))["stopped"]
        assert "the ledger only up to" in here.telemetry.signs[-1]["stopped"]
        assert here.desk.unaccounted_events > 0
        with pytest.raises(DeliveryStoppedError, match="nobody could watch the run"):
            await here.runs.resume("run-1")


async def test_another_life_of_a_run_at_telemetry_stops_its_delivery_and_leaves_what_is_over_as_it_is(
    tmp_path: Path,
) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await delivered(here)
        here.telemetry.away = AWAY
        await until(lambda: here.desk.link.state == "down")
        for event in here.telemetry.events["run-1"]:
            event["epoch"] = "another"
        here.telemetry.away = None
        await until(lambda: here.desk.counts.halted > 0)
        await here.ledger.flush()
        stored = await here.runs.find("run-1")
        assert stored.status == "completed"
        assert "another life" in (stored.stopped or "")


async def test_a_telemetry_ahead_of_the_ledger_closes_an_interrupted_run_at_the_next_start(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=2)
        await until(lambda: here.desk.pending_events == 0 and len(arrived(here)) > 4)
        telemetry = here.telemetry
    async with engine(tmp_path, workers) as here:
        here.telemetry.events, here.telemetry.lines = telemetry.events, telemetry.lines
        here.telemetry.forged["run-1"] = {"last": 1000, "count": 1000}
        await recover(here.reader, here.ledger, here.clock)
        here.group.start_soon(here.desk.run)
        await until(lambda: here.desk.counts.halted > 0)
        while (await here.runs.find("run-1")).status != "failed":
            await until(lambda: here.runs.live("run-1") is None)
        assert "up to 1000" in ((await here.runs.find("run-1")).reason or "")
