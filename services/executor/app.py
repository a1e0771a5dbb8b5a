"""The one place where the executor's parts are put together."""

import random
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.types import ASGIApp

from services.executor.adapters.clock import SystemClock
from services.executor.adapters.database import open_database
from services.executor.adapters.fpf_worker import COMMAND as WORKER
from services.executor.adapters.fpf_workers import FpfWorkers
from services.executor.adapters.ledger import SqliteLedger, open_ledger
from services.executor.adapters.ledger_reader import LedgerReader
from services.executor.adapters.meter import CONTENT_TYPE, PrometheusMeter
from services.executor.adapters.model_server import COMMAND as MODEL_SERVER
from services.executor.adapters.model_server import ModelServer
from services.executor.adapters.presets import PresetFolders
from services.executor.adapters.prices import PriceList
from services.executor.adapters.telemetry_http import open_telemetry
from services.executor.config import Config
from services.executor.core.retry import Backoff
from services.executor.flows.deliver import DeliveryDesk
from services.executor.flows.kit import Kit
from services.executor.flows.prepare import Preparer
from services.executor.flows.provider_gates import ProviderGates
from services.executor.flows.recover import recover
from services.executor.flows.runs import Runs
from services.executor.web.calls import CallRoutes
from services.executor.web.links import PublicAddresses
from services.executor.web.presets import PresetRoutes
from services.executor.web.routes import application
from services.executor.web.run_views import RunViews
from services.executor.web.runs import RunRoutes
from services.executor.web.service import ServiceRoutes
from services.process.build import build_id
from shared.status import RunStatus

FOLDER = "executor"
DATABASE = "ledger.sqlite3"
LAST_DELIVERY_S = 3.0
_RANDOM_BITS = 64


@dataclass(frozen=True, slots=True)
class Executor:
    """A service that is ready to be served."""

    app: ASGIApp
    runs: Runs
    desk: DeliveryDesk
    workers: FpfWorkers

    async def drain(self) -> None:
        """Take no run, abort what is under way, and give the last events a chance to arrive."""
        await self.runs.drain()
        await self.desk.settle(LAST_DELIVERY_S)


@asynccontextmanager
async def open_executor(
    config: Config,
    *,
    environ: Mapping[str, str],
    worker: tuple[str, ...] = WORKER,
    model_server: tuple[str, ...] = MODEL_SERVER,
) -> AsyncIterator[Executor]:
    """The whole service below ``config.data_dir``; at the end every process and file of it is closed."""
    clock, chance = SystemClock(), random.Random()
    folder = config.data_dir / FOLDER
    async with (
        open_database(folder / DATABASE) as database,
        open_ledger(database) as ledger,
        open_telemetry(config.telemetry_url) as telemetry,
        anyio.create_task_group() as group,
    ):
        reader, meter, prices = LedgerReader(database.readers), PrometheusMeter(), PriceList()
        workers = FpfWorkers(count=config.workers, environ=environ, command=worker)
        desk = DeliveryDesk(
            ledger=ledger,
            telemetry=telemetry,
            clock=clock,
            backoff=Backoff(base_s=0.5, longest_s=5.0),
            chance=chance.random,
            group=group,
        )
        ledger.tell(desk.committed)
        kit = Kit(
            ledger=ledger,
            workers=workers,
            local_model=ModelServer(group=group, environ=environ, command=model_server),
            meter=meter,
            clock=clock,
            gates=ProviderGates(),
            price_of=prices.price_of,
            backoff=Backoff(base_s=config.retry_base_s),
            chance=chance.random,
        )
        runs = Runs(
            kit=kit, reader=reader, deliveries=desk, randomness=lambda: secrets.randbits(_RANDOM_BITS), group=group
        )
        await _take_up(ledger, reader, clock, desk, runs)
        group.start_soon(workers.run)
        group.start_soon(desk.run_signs_of_life)
        presets = PresetFolders(config.presets_dir, config.documents_dir)
        preparer = Preparer(presets=presets, price_of=prices.price_of, environ=environ)
        addresses = PublicAddresses(
            own=config.public_url, telemetry=config.telemetry_public_url, telemetry_url=config.telemetry_url
        )
        views = RunViews(runs=runs, reader=reader, ledger=ledger, desk=desk, clock=clock, addresses=addresses)
        app = application(
            runs=RunRoutes(runs=runs, reader=reader, preparer=preparer, views=views, addresses=addresses),
            calls=CallRoutes(runs=runs, reader=reader),
            presets=PresetRoutes(presets=presets, preparer=preparer),
            service=ServiceRoutes(
                obstacles=lambda: _obstacles(ledger, workers, runs),
                metrics=lambda: (_measured(meter, desk, workers, runs, clock), CONTENT_TYPE),
                addresses=addresses,
                build=build_id(),
            ),
            door=config.door(),
        )
        yield Executor(app, runs, desk, workers)
        group.cancel_scope.cancel()


async def _take_up(
    ledger: SqliteLedger, reader: LedgerReader, clock: SystemClock, desk: DeliveryDesk, runs: Runs
) -> None:
    """Where the last life of this service stopped, this one goes on."""
    recovered = await recover(reader, ledger, clock)
    for stored, last_seq in await reader.undelivered():
        desk.watch(stored.run_id, last_seq=last_seq, delivered_seq=stored.delivered_seq, distrust=lambda: None)
        desk.over(stored.run_id)
    for stored in recovered:
        if stored.status is RunStatus.CANCELLING:
            await runs.cancel(stored.run_id)


def _obstacles(ledger: SqliteLedger, workers: FpfWorkers, runs: Runs) -> dict[str, Any]:
    return {
        "ledger": ledger.trouble,
        "workers": None if workers.ready_count else "no worker process is ready yet",
        "service": "it is about to stop" if runs.draining else None,
    }


def _measured(meter: PrometheusMeter, desk: DeliveryDesk, workers: FpfWorkers, runs: Runs, clock: SystemClock) -> bytes:
    deliveries, now_ms = desk.all(), clock.now_ms()
    meter.pending.set(sum(delivery.pending for delivery in deliveries))
    meter.oldest.set(max((delivery.oldest_pending_s(now_ms) for delivery in deliveries), default=0.0))
    meter.unaccounted.set(sum(delivery.discarded for delivery in deliveries))
    meter.workers.set(workers.ready_count)
    meter.live_runs.set(runs.live_count)
    return meter.text()
