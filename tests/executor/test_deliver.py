"""Events reach telemetry in order, once, whatever telemetry does meanwhile."""

from pathlib import Path

import anyio

from services.executor.core.delivery.telemetry_answer import Answer
from shared.digest import EMPTY, extend
from shared.stored import read_line
from tests.executor.desk_claims import AWAY, arrived, delivered
from tests.executor.engine import Engine, engine
from tests.executor.fakes import FakeWorkers


def all_there(here: Engine, run_id: str = "run-1") -> bool:
    return bool(arrived(here, run_id)) and arrived(here, run_id)[-1]["type"] == "run_finished"


async def test_every_event_arrives_once_and_in_order(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        events = await here.run(docs=30, single_eval={})
        await here.telemetry.until(lambda: all_there(here))
        assert [(event["type"], event["data"]) for event in arrived(here)] == events
        assert [event["seq"] for event in arrived(here)] == list(range(1, len(events) + 1))
        assert all("run_id" not in event and event["time"] and event["epoch"] for event in arrived(here))


async def test_what_could_not_be_sent_waits_and_is_shown(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.trouble = [AWAY, Answer(status=503, problem="storage-full", retry_after_s=0.01), AWAY]
        events = await here.run(docs=2)
        await here.telemetry.until(lambda: all_there(here))
        assert len(arrived(here)) == len(events)


async def test_a_wiped_telemetry_is_filled_again(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as here:
        await here.start(docs=2)
        await here.telemetry.until(lambda: len(arrived(here)) >= 5)
        here.telemetry.wipe()
        workers.let_go()
        await here.ended()
        await here.telemetry.until(lambda: all_there(here))
        assert [event["seq"] for event in arrived(here)] == list(range(1, len(await here.events()) + 1))


async def test_delivery_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.trouble = [AWAY] * 10_000
        await here.run(docs=2)
    async with engine(tmp_path) as here:
        here.group.start_soon(here.desk.run)
        await here.telemetry.until(lambda: all_there(here))
        assert len(arrived(here)) == len(await here.events())
        await delivered(here)
        stored = await here.runs.find("run-1")
        assert stored.delivered_seq == len(arrived(here))


async def test_what_has_arrived_already_does_no_harm_when_it_is_sent_again(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        events = await here.run(docs=300)
        await here.telemetry.until(lambda: all_there(here))
        await here.ledger.flush()
        here.desk.watch("run-1", last_seq=len(events), delivered_seq=0, distrust=lambda: None)
        delivery = here.desk.get("run-1")
        assert delivery is not None
        await delivery.arrived()
        assert (delivery.sent, delivery.stopped) == (len(events), None)
        assert len(arrived(here)) == len(events)


async def test_a_refused_event_is_reported_in_its_place_and_the_digest_is_still_true(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.refuse = lambda event: event["type"] == "call_started"
        await here.run(docs=3)
        await here.telemetry.until(lambda: all_there(here))
        log = arrived(here)
        reports = [event for event in log if event["type"] == "client_report"]
        assert len(reports) == 3
        assert reports[0]["data"] == {"discarded": [{"reason": "refused", "quantity": 1}]}
        lines = await here.ledger.lines("run-1", after=0, most=1000, most_bytes=1 << 30)
        finished = read_line(lines[-1])
        assert finished.type == "run_finished"
        assert log[-1]["data"]["digest"] == extend(EMPTY, lines[:-1]).hex()


async def test_a_batch_too_large_is_sent_in_smaller_ones(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.trouble = [Answer(status=413, problem="too-large")] * 3
        await here.run(docs=20)
        await here.telemetry.until(lambda: all_there(here))


async def test_a_conflict_stops_the_delivery_of_that_run_only(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.trouble = [Answer(status=409, problem="epoch-conflict", detail="another life")]
        await here.run("run-1", docs=1)
        await here.run("run-2", docs=1)
        await here.telemetry.until(lambda: all_there(here, "run-2"))
        await here.ledger.flush()
        stored = await here.runs.find("run-1")
        assert stored.stopped == "epoch-conflict: another life"
        assert stored.status == "completed"
        assert arrived(here, "run-1") == []


async def test_the_first_sign_of_life_says_what_is_pending_and_the_last_one_that_nothing_is(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        await here.run(docs=1)
        await here.telemetry.until(lambda: all_there(here))
        await anyio.wait_all_tasks_blocked()
        sign = here.telemetry.signs[0]
        assert here.telemetry.signs[-1]["pending"] == 0
        assert set(sign) >= {"produced", "pending", "oldest_pending_s", "storage"}
        assert sign["storage"] == "ok"
