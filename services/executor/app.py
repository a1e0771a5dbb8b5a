"""The one place where the executor's parts are put together."""

import random
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import msgspec
from starlette.types import ASGIApp

from services.executor.adapters.alive_mark import AliveMark
from services.executor.adapters.clock import SystemClock
from services.executor.adapters.content.library import Library
from services.executor.adapters.content.presets import PresetFolders
from services.executor.adapters.content.script_files import script_trouble
from services.executor.adapters.ledger.database import open_database, unusable
from services.executor.adapters.ledger.delivery_reader import DeliveryReader
from services.executor.adapters.ledger.ledger import SqliteLedger, open_ledger
from services.executor.adapters.ledger.reader import LedgerReader
from services.executor.adapters.metrics.gate_metrics import GateMetrics
from services.executor.adapters.metrics.hop_metrics import HopMetrics
from services.executor.adapters.metrics.meter import CONTENT_TYPE, PrometheusMeter
from services.executor.adapters.pricing.price_file import read_price_file
from services.executor.adapters.pricing.prices import PriceList
from services.executor.adapters.processes.child_record import ChildRecord, end_left_behind
from services.executor.adapters.processes.fpf_worker import COMMAND as WORKER
from services.executor.adapters.processes.fpf_workers import FpfWorkers
from services.executor.adapters.processes.model_server import COMMAND as MODEL_SERVER
from services.executor.adapters.processes.model_server import ModelServer
from services.executor.adapters.processes.research_environment import KnownEnvironment
from services.executor.adapters.processes.research_programs import ResearchPrograms
from services.executor.adapters.telemetry_http import open_telemetry
from services.executor.config import Config
from services.executor.core.limits.retry import Backoff
from services.executor.core.planning.overview import missing
from services.executor.errors import LedgerUnreadableError
from services.executor.flows.before.prepare import Preparer
from services.executor.flows.delivery.deliver import DeliveryDesk
from services.executor.flows.kit import Kit
from services.executor.flows.runs.recover import recover
from services.executor.flows.runs.runs import Runs
from services.executor.flows.runs.take_up import take_up
from services.executor.flows.slots.provider_gates import ProviderGates
from services.executor.web.calls import CallRoutes
from services.executor.web.library import LibraryRoutes
from services.executor.web.links import PublicAddresses
from services.executor.web.presets import PresetRoutes
from services.executor.web.price_rows import PriceRows
from services.executor.web.prices import PriceRoutes
from services.executor.web.results import ResultRoutes
from services.executor.web.routes import application
from services.executor.web.run_views import RunViews
from services.executor.web.runs import RunRoutes
from services.executor.web.service import ServiceRoutes
from services.process.build import build_id

FOLDER = "executor"
DATABASE = "ledger.sqlite3"
CHILDREN = "children.json"
PRESETS = "presets"
LIBRARY = "library"
RESEARCH = "research"
ALIVE = "alive"
LAST_DELIVERY_S = 3.0
START_TROUBLE_LIMIT_S = 10
_START_LOOK_S = 0.25
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
    researcher: tuple[str, ...] | None = None,
    address: str | None = None,
) -> AsyncIterator[Executor]:
    """The whole service below ``config.data_dir``; at the end every process and file of it is closed.

    ``address`` is where it is served: telemetry tells pages, so that they can ask here while it is away.
    """
    stated = read_price_file(config.prices_file)
    clock, chance = SystemClock(), random.Random()
    folder = config.data_dir / FOLDER
    alive = AliveMark(folder / ALIVE)
    async with (
        open_database(folder / DATABASE) as database,
        open_ledger(database) as ledger,
        open_telemetry(config.telemetry_url) as telemetry,
        anyio.create_task_group() as group,
    ):
        reader, meter, prices = LedgerReader(database.readers), PrometheusMeter(), PriceList(stated)
        # What an earlier life has left behind must not go on sending while this one says it has ended.
        end_left_behind(folder / CHILDREN)
        children = ChildRecord(folder / CHILDREN)
        workers = FpfWorkers(count=config.workers, environ=environ, command=worker, record=children)
        desk = DeliveryDesk(
            ledger=ledger,
            telemetry=telemetry,
            standings=DeliveryReader(database.readers),
            clock=clock,
            backoff=Backoff(base_s=0.5, longest_s=5.0),
            chance=chance.random,
            group=group,
            executor_url=config.public_url or address,
        )
        ledger.tell(desk.committed)
        meter.registry.register(HopMetrics(desk, ledger))
        local_model = ModelServer(group=group, environ=environ, command=model_server, record=children)
        meter.keep("acm2_worker_deaths", "Worker processes that ended and were replaced", lambda: workers.deaths)
        meter.keep("acm2_model_server_deaths", "Ends and failed starts of the model server", lambda: local_model.deaths)
        meter.keep("acm2_ledger_write_failures", "Commits that had to be repeated", lambda: ledger.failures)
        known = KnownEnvironment(environ, named=config.gpt_researcher_python)
        researchers = ResearchPrograms(
            command=known.researcher if researcher is None else lambda: researcher,
            environ=environ,
            folder=folder / RESEARCH,
            record=children,
        )
        researchers.clear()
        gates = ProviderGates()
        meter.registry.register(GateMetrics(gates, clock))
        kit = Kit(
            ledger=ledger,
            workers=workers,
            local_model=local_model,
            meter=meter,
            clock=clock,
            gates=gates,
            price_of=prices.price_of,
            backoff=Backoff(base_s=config.retry_base_s),
            chance=chance.random,
            missing=lambda preset: missing(preset, known),
            researchers=researchers,
        )
        runs = Runs(
            kit=kit, reader=reader, deliveries=desk, randomness=lambda: secrets.randbits(_RANDOM_BITS), group=group
        )
        desk.tell(runs.close)
        ledger.tell_unholdable(runs.spoil)
        async with anyio.create_task_group() as start:
            start.start_soon(_give_up_a_start_in_trouble, ledger, database.path)
            try:
                # What the last life of this service left unsaid is written down; what it left unsent the desk finds.
                await recover(reader, ledger, clock, alive_ms=alive.seen_ms())
            except LedgerUnreadableError as error:
                raise unusable(database.path, str(error)) from error
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise unusable(database.path, "a run's events in it are damaged") from error
            start.cancel_scope.cancel()
        group.start_soon(workers.run)
        group.start_soon(alive.run)
        group.start_soon(runs.watch_storage)
        group.start_soon(
            partial(take_up, runs=runs, reader=reader, ledger=ledger, clock=clock, auto_resume_s=config.auto_resume)
        )
        group.start_soon(desk.run)
        library = Library(config.library_dir or config.data_dir / LIBRARY)
        presets = PresetFolders(config.presets_dir or config.data_dir / PRESETS, config.documents_dir, library)
        price_rows = PriceRows(prices=prices, clock=clock)
        preparer = Preparer(presets=presets, price_of=prices.price_of, environ=known, script_trouble=script_trouble)
        addresses = PublicAddresses(
            own=config.public_url, telemetry=config.telemetry_public_url, telemetry_url=config.telemetry_url
        )
        views = RunViews(runs=runs, reader=reader, ledger=ledger, desk=desk, clock=clock, addresses=addresses)
        app = application(
            runs=RunRoutes(
                runs=runs, reader=reader, preparer=preparer, views=views, addresses=addresses, prices=price_rows
            ),
            calls=CallRoutes(runs=runs, reader=reader),
            results=ResultRoutes(runs=runs, reader=reader),
            presets=PresetRoutes(presets=presets, store=presets, preparer=preparer, addresses=addresses),
            library=LibraryRoutes(library=library, addresses=addresses),
            prices=PriceRoutes(rows=price_rows, preparer=preparer),
            service=ServiceRoutes(
                obstacles=lambda: _obstacles(ledger, workers, runs),
                details=lambda: {"telemetry": desk.link.shown()},
                metrics=lambda: (_measured(meter, workers, runs), CONTENT_TYPE),
                addresses=addresses,
                build=build_id(),
            ),
            door=config.door(),
        )
        yield Executor(app, runs, desk, workers)
        group.cancel_scope.cancel()


async def _give_up_a_start_in_trouble(ledger: SqliteLedger, path: Path) -> None:
    """End a start that waits for a ledger nothing can be written to; raises ``LedgerUnusableError``."""
    began_s = anyio.current_time()
    while True:
        await anyio.sleep(_START_LOOK_S)
        if ledger.trouble is None:
            began_s = anyio.current_time()
        elif anyio.current_time() - began_s > START_TROUBLE_LIMIT_S:
            raise unusable(path, ledger.trouble)


def _obstacles(ledger: SqliteLedger, workers: FpfWorkers, runs: Runs) -> dict[str, Any]:
    return {
        "ledger": ledger.trouble,
        "workers": workers.trouble,
        "service": "it is about to stop" if runs.draining else None,
    }


def _measured(meter: PrometheusMeter, workers: FpfWorkers, runs: Runs) -> bytes:
    meter.workers.set(workers.ready_count)
    meter.live_runs.set(runs.live_count)
    return meter.text()
