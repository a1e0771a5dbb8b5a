"""While the ledger cannot be written nothing new is asked, so what can still come is bounded, and all of it is kept."""

from pathlib import Path

import anyio

from services.executor.adapters.ledger import trouble as ledger_trouble
from shared.llm_call import LlmRequest
from tests.executor.configs import a_judge
from tests.executor.engine import engine, of_type, types
from tests.executor.fakes import FakeWorkers, Outcome, obliging
from tests.executor.ledger_disk import Disk, in_trouble

SLOTS = 4
DOCUMENTS = 200
EVENTS_A_SLOT = 20
"""An end with its verdict, and the next call up to its first attempt, which waits: generously counted."""


async def test_a_run_in_trouble_asks_nothing_new_keeps_what_comes_and_goes_on_from_there(tmp_path: Path) -> None:
    asked_in_trouble: list[str] = []
    workers = FakeWorkers()
    async with engine(tmp_path, workers) as running:
        disk = Disk(running.ledger._database)
        full = False

        def script(request: LlmRequest, before: int) -> Outcome:
            if full:
                asked_in_trouble.append(request.document)
            return obliging(request, before)

        workers.script = script
        workers.hold = True
        judges = {"judges": [a_judge(), a_judge(model="other.json")]}
        await running.start(docs=DOCUMENTS, generation={}, single_eval=judges, limits={"concurrency": SLOTS})
        await workers.until(lambda: workers.under_way == SLOTS)
        await running.ledger.flush()
        disk.fill()
        full = True
        workers.let_go()
        await in_trouble(running.ledger, "full")
        await workers.until(lambda: workers.under_way == 0)
        pending = []
        for _ in range(20):
            await anyio.sleep(0.1)
            pending.append(running.ledger.pending)
        assert asked_in_trouble == []
        assert max(pending) <= SLOTS * EVENTS_A_SLOT
        assert pending[-1] == pending[5], "it has come to rest"
        full = False
        disk.mend()
        await running.ended()
        events = await running.events()
    assert types(events)[-1] == "run_finished"
    attempts = [(data["call_id"], data["attempt"]) for data in of_type(events, "attempt_started")]
    assert len(attempts) == len(set(attempts)) == len(workers.requests) == DOCUMENTS * 3
    assert of_type(events, "run_finished")[0]["status"] == "completed"


async def test_a_cancel_in_trouble_is_kept_as_well_and_bounded_by_the_plan(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with engine(tmp_path, workers) as running:
        disk = Disk(running.ledger._database)
        await running.start(docs=DOCUMENTS, limits={"concurrency": SLOTS})
        await workers.until(lambda: workers.under_way == SLOTS)
        await running.ledger.flush()
        disk.fill()
        live = running.runs.live("run-1")
        assert live is not None
        async with anyio.create_task_group() as group:
            group.start_soon(running.runs.cancel, "run-1")
            await in_trouble(running.ledger, "full")
            assert running.ledger.pending <= DOCUMENTS * 3
            disk.mend()
        await running.ended()
        stats = await running.stats()
    assert stats["cancelled_calls"] + stats["not_started"] == DOCUMENTS
    assert stats["violations"] == []


async def test_a_disk_that_hangs_is_trouble_too_and_nothing_is_asked_meanwhile(tmp_path: Path) -> None:
    workers = FakeWorkers()
    async with engine(tmp_path, workers) as running:
        disk = Disk(running.ledger._database)
        await running.start(docs=3, limits={"concurrency": 1})
        disk.freeze()
        try:
            slow_after_s = ledger_trouble.SLOW_AFTER_S
            with anyio.fail_after(slow_after_s + 20):
                await in_trouble(running.ledger, "the disk has not answered for")
            asked = len(workers.requests)
            await anyio.sleep(0.5)
            assert len(workers.requests) == asked
        finally:
            disk.thaw()
        await running.ended()
        assert (await running.stats())["successful_calls"] == 3
