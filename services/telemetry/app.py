"""The one place that joins the parts: store, flows and routes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random, SystemRandom

import anyio
from starlette.types import ASGIApp

from services.process.build import build_id
from services.process.guard import Guard
from services.telemetry.adapters.event_store_sqlite import SqliteEventStore
from services.telemetry.config import Config
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
    runs = Runs(store, committer, clock=clock, timers=timers, counters=counters, changed=summary.changed)
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
                yield Parts(
                    config=config,
                    build=build_id(),
                    store=store,
                    timers=timers,
                    clock=clock,
                    counters=counters,
                    committer=committer,
                    runs=runs,
                    ingest=Ingest(store, committer, clock=clock, rng=chance, counters=counters),
                    rejections=Rejections(committer, clock=clock, counters=counters),
                    hub=hub,
                    catch_up=CatchUp(store, tasks),
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
