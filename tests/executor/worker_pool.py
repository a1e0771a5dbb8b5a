"""A pool of worker processes that do what they are told, and leave nothing behind."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import psutil

from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.adapters.processes.fpf_workers import FpfWorkers
from services.executor.adapters.processes.patience import Patience
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

ROOT = Path(__file__).parent.parent.parent
FAKE = (sys.executable, str(Path(__file__).parent / "fake_fpf.py"))
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}
Outcome = LlmAnswer | LlmFailure


def a_request(model: str = "ok", *, document: str = "a text", timeout_s: float = 60) -> LlmRequest:
    return LlmRequest(provider="fake", model=model, instructions="do", document=document, timeout_s=timeout_s)


def a_pool(
    count: int = 2,
    *,
    command: tuple[str, ...] = FAKE,
    environ: Mapping[str, str] | None = None,
    patience: Patience | None = None,
    record: ChildRecord | None = None,
) -> FpfWorkers:
    full = {**ENVIRON, **(environ or {})}
    return FpfWorkers(count=count, environ=full, command=command, patience=patience, record=record)


@asynccontextmanager
async def kept(workers: FpfWorkers) -> AsyncIterator[FpfWorkers]:
    """The pool while it lives, ready or not."""
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(workers.run)
            yield workers
            group.cancel_scope.cancel()
    assert not [child for child in psutil.Process().children(recursive=True) if "fake_fpf" in " ".join(cmdline(child))]


@asynccontextmanager
async def pool(count: int = 2, *, patience: Patience | None = None) -> AsyncIterator[FpfWorkers]:
    """A pool whose workers are all ready."""
    async with kept(a_pool(count, patience=patience)) as workers:
        await all_ready(workers, count)
        yield workers


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def all_ready(workers: FpfWorkers, count: int) -> None:
    while workers.ready_count < count:  # noqa: ASYNC110  (a test looks at what nobody else has to be told)
        await anyio.sleep(0.01)


async def pid_of_one(workers: FpfWorkers) -> int:
    outcome = await workers.ask("pid", a_request("pid"))
    assert isinstance(outcome, LlmAnswer)
    return int(outcome.text)


class Held:
    """A request that hangs in a worker, and how it ended."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.outcome: Outcome | None = None

    async def ask(self, workers: FpfWorkers, model: str = "hang") -> None:
        self.outcome = await workers.ask(self.key, a_request(model))
