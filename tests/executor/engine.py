"""The executor's engine over a real ledger, with fakes where the world begins."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
from anyio.abc import TaskGroup

from services.executor.adapters.clock import SystemClock
from services.executor.adapters.ledger.database import Database, open_database
from services.executor.adapters.ledger.delivery_reader import DeliveryReader
from services.executor.adapters.ledger.ledger import SqliteLedger, open_ledger
from services.executor.adapters.ledger.reader import LedgerReader
from services.executor.core.delivery.event_batch import Encode, EventBatch, event_batch
from services.executor.core.limits.retry import Backoff
from services.executor.core.planning.plan import make_plan
from services.executor.flows.before.prepare import Prepared
from services.executor.flows.delivery.deliver import DeliveryDesk
from services.executor.flows.delivery.kit import Pace
from services.executor.flows.kit import Kit
from services.executor.flows.runs.runs import Runs
from services.executor.flows.slots.provider_gates import ProviderGates
from shared.digest import EMPTY, extend
from shared.events import check
from shared.fold import RunFold
from shared.stored import parse_time, read_line
from tests.executor.configs import a_preset, no_list
from tests.executor.fake_telemetry import FakeTelemetry
from tests.executor.fakes import CountingMeter, FakeLocalModel, FakeWorkers

Event = tuple[str, dict[str, Any]]
QUICK_PACE = Pace(sign_s=0.05, compare_gap_s=0.01, confirm_deletion_s=0.05)
QUICK = Backoff(base_s=0.002, longest_s=0.01)


class Engine:
    """Runs runs."""

    def __init__(self, database: Database, ledger: SqliteLedger, workers: FakeWorkers, group: TaskGroup) -> None:
        self.database = database
        self.group = group
        self.encode: Encode = event_batch
        reader = LedgerReader(database.readers)
        self.ledger = ledger
        self.reader = reader
        self.workers = workers
        self.telemetry = FakeTelemetry()
        self.local_model = FakeLocalModel()
        self.meter = CountingMeter()
        self.clock = SystemClock()
        self.desk = DeliveryDesk(
            ledger=ledger,
            telemetry=self.telemetry,
            standings=DeliveryReader(database.readers),
            clock=self.clock,
            backoff=QUICK,
            chance=lambda: 0.5,
            group=group,
            encode=self._encode,
            pace=QUICK_PACE,
            executor_url="http://127.0.0.1:8002",
        )
        ledger.tell(self.desk.committed)
        self.kit = Kit(
            ledger=ledger,
            workers=workers,
            local_model=self.local_model,
            meter=self.meter,
            clock=self.clock,
            gates=ProviderGates(),
            price_of=no_list,
            backoff=QUICK,
            chance=lambda: 0.5,
        )
        numbers = itertools.count(1)
        self.runs = Runs(
            kit=self.kit, reader=reader, deliveries=self.desk, randomness=lambda: next(numbers), group=group
        )
        self.desk.tell(self.runs.close)
        ledger.tell_unholdable(self.runs.spoil)

    def _encode(self, run_id: str, first_seq: int, lines: Sequence[bytes]) -> EventBatch:
        return self.encode(run_id, first_seq, lines)

    async def start(self, run_id: str = "run-1", **parts: Any) -> str:
        """Start a run with this preset."""
        preset = a_preset(**parts)
        prepared = Prepared(preset=preset, plan=make_plan(preset), overview={"missing": []}, request_sha256="x")
        return (await self.runs.make(prepared, run_id)).run_id

    async def run(self, run_id: str = "run-1", **parts: Any) -> list[Event]:
        """Run it to its end; the answer is its events, checked."""
        await self.start(run_id, **parts)
        await self.ended(run_id)
        return await self.events(run_id)

    async def ended(self, run_id: str = "run-1") -> None:
        """Return when the run is over."""
        live = self.runs.live(run_id)
        if live is not None:
            with anyio.fail_after(60):
                await live.gone.wait()

    async def events(self, run_id: str = "run-1") -> list[Event]:
        """The run's events so far; every promise about them is checked on the way."""
        await self.ledger.flush()
        lines = await self.ledger.lines(run_id, after=0, most=1_000_000, most_bytes=1 << 30)
        fold, found = RunFold(), []
        for number, line in enumerate(lines, 1):
            stored = read_line(line)
            data = msgspec.json.decode(stored.data)
            assert stored.seq == number
            check(stored.type, data)
            fold.apply(stored.seq, stored.type, stored.time, parse_time(stored.time) or 0, data)
            stats = fold.stats()
            ended = ("successful_calls", "failed_calls", "cancelled_calls", "lost_calls", "in_flight")
            assert stats["total_calls"] == sum(stats[name] for name in ended)
            assert stats["violations"] == []
            if stored.type == "run_finished":
                assert data["events"] == number - 1
                assert data["digest"] == extend(EMPTY, lines[: number - 1]).hex()
            found.append((stored.type, data))
        return found

    async def stats(self, run_id: str = "run-1") -> dict[str, Any]:
        """The stats kept at the run's end."""
        stored = await self.runs.find(run_id)
        assert stored.stats is not None
        kept: dict[str, Any] = msgspec.json.decode(stored.stats)
        return kept


@asynccontextmanager
async def engine(folder: Path, workers: FakeWorkers | None = None) -> AsyncIterator[Engine]:
    """An engine over the ledger in this folder."""
    async with (
        open_database(folder / "ledger.sqlite3") as database,
        open_ledger(database) as ledger,
        anyio.create_task_group() as group,
    ):
        yield Engine(database, ledger, workers or FakeWorkers(), group)
        group.cancel_scope.cancel()


def types(events: list[Event]) -> list[str]:
    """Their types."""
    return [type_ for type_, _ in events]


def of_type(events: list[Event], *wanted: str) -> list[dict[str, Any]]:
    """The data of those of these types."""
    return [data for type_, data in events if type_ in wanted]
