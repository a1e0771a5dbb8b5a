"""What tests of the delivery ask again and again."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from services.executor.core.delivery.telemetry_answer import Answer, Cause
from tests.executor.engine import Engine, engine
from tests.executor.fakes import FakeWorkers

AWAY = Answer(status=0, cause=Cause.UNREACHABLE, detail="telemetry cannot be reached")


@asynccontextmanager
async def desk_engine(folder: Path, workers: FakeWorkers | None = None) -> AsyncIterator[Engine]:
    """An engine whose desk does all it does, not only deliver."""
    async with engine(folder, workers) as here:
        here.group.start_soon(here.desk.run)
        yield here


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; looked at again and again, for a bounded time."""
    with anyio.fail_after(60):
        while True:
            if condition():
                return
            await anyio.sleep(0.001)


async def delivered(here: Engine, run_id: str = "run-1") -> None:
    """Return when the run's delivery has come to its end, whatever that is, and that is durable."""
    await until(lambda: here.desk.get(run_id) is None)
    await here.ledger.flush()


async def shown(here: Engine, run_id: str = "run-1") -> dict[str, Any]:
    """The run's ``telemetry`` as ``GET /runs/{id}`` has it."""
    return await here.desk.shown(await here.runs.find(run_id), await here.reader.last_seq(run_id))


def arrived(here: Engine, run_id: str = "run-1") -> list[dict[str, Any]]:
    """The events telemetry has of the run."""
    return here.telemetry.events.get(run_id, [])
