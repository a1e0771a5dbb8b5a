"""What the routes work with; made by ``app``, used by every endpoint."""

from dataclasses import dataclass

from services.process.body import BodyRoom
from services.process.connections import Connections
from services.telemetry.config import Config
from services.telemetry.flows.canary import Canary
from services.telemetry.flows.catch_up import CatchUp
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.counters import Counters
from services.telemetry.flows.hub import Hub
from services.telemetry.flows.ingest import Ingest
from services.telemetry.flows.ports import EventStore, Timers
from services.telemetry.flows.rejections import Rejections
from services.telemetry.flows.runs import Runs
from services.telemetry.flows.storage import Storage
from services.telemetry.flows.summary_viewer import SummaryAudience


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The service."""

    config: Config
    build: str
    life: str
    """Names this life of the process: another one may have lost what an earlier one had."""

    store: EventStore
    timers: Timers
    clock: Clock
    counters: Counters
    committer: Committer
    runs: Runs
    ingest: Ingest
    storage: Storage
    canary: Canary
    connections: Connections
    bodies: BodyRoom
    rejections: Rejections
    hub: Hub
    catch_up: CatchUp
    summary: SummaryAudience
