"""The one place that joins the parts: store, flows and routes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random, SystemRandom

import anyio
from starlette.types import ASGIApp

from services.process.body import BodyRoom
from services.process.build import build_id
from services.process.connections import Connections
from services.process.guard import Guard
from services.telemetry.adapters.event_store_sqlite import SqliteEventStore
from services.telemetry.config import Config
from services.telemetry.flows.canary import Canary
from services.telemetry.flows.catch_up import CatchUp
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.hub import Hub
from services.telemetry.flows.ingest import Ingest
from services.telemetry.flows.loop_timers import loop_timers
from services.telemetry.flows.ports import EventStore
from services.telemetry.flows.rejections import Rejections
from services.telemetry.flows.runs import Runs
from services.telemetry.flows.storage import Storage, StorageWatch
from services.telemetry.flows.summary_viewer import SummaryAudience
from services.telemetry.web.parts import Parts
from services.telemetry.web.routes import web_routes

LOG_FILE = "events.sqlite3"


def open_store(folder: Path) -> EventStore:
    """The log in a data folder; raises ``StoreUnusable``."""
    return SqliteEventStore(folder / LOG_FILE)


@asynccontextmanager
async def running(config: Config, store: EventStore, *, rng: Random | None = None) -> AsyncIterator[Parts]:
    """The service at work; in the end everything that waits is written. Closing the store is left to its owner."""
    timers = loop_timers()
    counters = Counters()
    clock = Clock(lambda: time.time_ns() // 1_000_000)
    chance = rng or SystemRandom()
    committer = Committer(store, timers, counters)
    summary = SummaryAudience(timers)
    canary = Canary(f"canary-{chance.getrandbits(64):016x}", timers, counters, interval_s=config.canary_interval_s)

    def storage_changed() -> None:
        for channel in runs.loaded():
            channel.audience.state_changed()

    storage = Storage(counters, storage_changed)
    committer.told = storage.wrote
    runs = Runs(
        store,
        committer,
        clock=clock,
        timers=timers,
        counters=counters,
        changed=summary.changed,
        storage=lambda: storage.word,
        hidden_run=canary.run_id,
    )
    watch = StorageWatch(store, committer, storage, min_free_bytes=config.min_free, timers=timers, counters=counters)
    hub = Hub(
        timers=timers,
        clock=clock,
        rng=chance,
        counters=counters,
        stall_s=config.viewer_stall_s,
        channels=runs.loaded,
    )
    async with anyio.create_task_group() as writing:
        writing.start_soon(committer.run)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(hub.run)
                await watch.look()
                tasks.start_soon(watch.run)
                yield Parts(
                    config=config,
                    build=build_id(),
                    life=f"{chance.getrandbits(64):016x}",
                    store=store,
                    timers=timers,
                    clock=clock,
                    counters=counters,
                    committer=committer,
                    runs=runs,
                    ingest=Ingest(store, committer, clock=clock, rng=chance, counters=counters),
                    storage=storage,
                    canary=canary,
                    bodies=BodyRoom(),
                    connections=Connections(request_limit_s=config.request_limit_s),
                    rejections=Rejections(committer, clock=clock, counters=counters),
                    hub=hub,
                    catch_up=CatchUp(store, tasks, counters),
                    summary=summary,
                )
                tasks.cancel_scope.cancel()
        finally:
            for channel in list(runs.loaded()):
                runs.summarise(channel)
            committer.close()


def web_app(parts: Parts) -> ASGIApp:
    """The service over HTTP, behind its door."""
    return Guard(web_routes(parts), door=parts.config.door())
