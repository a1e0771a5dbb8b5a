"""Several lives of one run: what an executor leaves behind, and what the next one makes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from services.executor.flows.runs.recover import recover
from services.executor.flows.runs.take_up import take_up
from tests.executor.engine import Engine, Event, engine
from tests.executor.fakes import FakeWorkers

QUARTER_S = 900.0


async def left_behind(folder: Path, *, under_way: int = 3, workers: FakeWorkers | None = None, **parts: Any) -> int:
    """A run whose process went away while so many requests were under way; the answer is how many were made."""
    held = workers or FakeWorkers(hold=True)
    async with engine(folder, held) as here:
        await here.start(**{"docs": 6, "limits": {"concurrency": under_way}, **parts})
        await held.until(lambda: held.under_way == under_way)
        await here.ledger.flush()
    return len(held.requests)


async def started_again(here: Engine, *, auto_resume_s: float = QUARTER_S) -> None:
    """What the executor does at its start, to its end."""
    await recover(here.reader, here.ledger, here.clock)
    await take_up(runs=here.runs, reader=here.reader, ledger=here.ledger, clock=here.clock, auto_resume_s=auto_resume_s)


async def status(here: Engine, run_id: str = "run-1") -> str:
    """Where the run stands."""
    live = here.runs.live(run_id)
    return (await here.runs.find(run_id)).status if live is None else live.log.status


async def until_waiting(here: Engine, requests: int) -> None:
    """Return when so many requests have been made and none is under way."""
    await here.workers.until(lambda: len(here.workers.requests) == requests and here.workers.under_way == 0)
    await anyio.wait_all_tasks_blocked()


async def until(here: Engine, condition: Callable[[list[Event]], bool], run_id: str = "run-1") -> None:
    """Return when the run's events are like this."""
    with anyio.fail_after(60):
        while not condition(await here.events(run_id)):  # noqa: ASYNC110 - the ledger tells nobody but the delivery
            await anyio.sleep(0.005)
