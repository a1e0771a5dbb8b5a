"""Many old runs: taken up some at a time, delivered all, and never in the way of one that is under way."""

from pathlib import Path

from services.executor.__main__ import own_address
from services.executor.core.records import NewRun
from services.executor.flows.delivery.backlog import MOST_AT_ONCE
from shared.status import RunStatus
from shared.stored import write_line
from tests.executor.desk_claims import AWAY, arrived, delivered, desk_engine, until
from tests.executor.engine import Engine, engine

EVENTS = 3


async def old_runs(here: Engine, count: int) -> list[str]:
    """So many runs that are over, nothing of them delivered."""
    names = [f"old-{number:04}" for number in range(count)]
    for name in names:
        record = NewRun(
            run_id=name,
            epoch="e",
            created_ms=1,
            preset=None,
            request_sha256="x",
            config="{}",
            planned_calls=0,
            max_requests_total=0,
            status=RunStatus.COMPLETED,
        )
        lines = [
            write_line(
                type_="log",
                run_id=name,
                seq=seq,
                epoch="e",
                id_=None,
                time="2026-01-01T00:00:00Z",
                data=b'{"level":"info","message":"said"}',
            )
            for seq in range(1, EVENTS + 1)
        ]
        here.ledger.write(name, 1, lines, (record,))
    await here.ledger.flush()
    return names


async def test_more_old_runs_than_fit_at_once_are_counted_and_all_arrive(tmp_path: Path) -> None:
    count = MOST_AT_ONCE + 150
    async with engine(tmp_path) as here:
        here.telemetry.away = AWAY
        names = await old_runs(here, count)
        here.group.start_soon(here.desk.run)
        await until(lambda: here.desk.pending_events == count * EVENTS)
        assert len(here.desk.all()) == MOST_AT_ONCE
        here.telemetry.away = None
        await until(lambda: all(len(arrived(here, name)) == EVENTS for name in names))
        await until(lambda: here.desk.pending_events == 0 and not here.desk.all())
        assert here.desk.unaccounted_events == 0


async def test_a_run_under_way_is_delivered_while_old_ones_are_stuck(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await old_runs(here, 20)
        here.telemetry.silent_for = "old-"
        here.group.start_soon(here.desk.run)
        await until(lambda: any(name.startswith("old-") for name, _ in here.telemetry.posts))
        events = await here.run("new", docs=2)
        await delivered(here, "new")
        assert len(arrived(here, "new")) == len(events)


async def test_an_old_run_that_goes_on_is_one_delivery(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        here.telemetry.away = AWAY
        await old_runs(here, 1)
        here.desk.backlog.look()
        await until(lambda: here.desk.get("old-0000") is not None)
        taken_up = here.desk.get("old-0000")
        here.desk.watch("old-0000", last_seq=EVENTS, delivered_seq=0, distrust=lambda: None)
        assert here.desk.get("old-0000") is taken_up
        assert taken_up is not None
        assert not taken_up.old
        assert not taken_up.finished


def test_telemetry_is_told_an_address_that_can_be_asked() -> None:
    assert own_address("127.0.0.1", 8002) == "http://127.0.0.1:8002"
    assert own_address("0.0.0.0", 8002) == "http://127.0.0.1:8002"
    assert own_address("::1", 8002) == "http://[::1]:8002"
    assert own_address("::", 8002) == "http://127.0.0.1:8002"
    assert own_address("acm2.example.org", 8002) == "http://acm2.example.org:8002"
