"""The shapes of what this service answers, for its OpenAPI document; tests hold the answers to them."""

from typing import Any, Literal

from msgspec import Struct

from services.telemetry.core.numbering import Numberer
from shared.failures import FailureKind
from shared.status import RunStatus


class Taken(Struct, forbid_unknown_fields=True):
    """What became of the events of a POST."""

    accepted: int
    duplicates: int
    high_water: int
    durable: Literal["fsync"]
    subscribers: int


class Mistake(Struct, forbid_unknown_fields=True):
    """One thing that is wrong: in which event (from 0), in which field, and what would be right."""

    path: str
    message: str
    index: int | None = None


class ProblemDocument(Struct):
    """An error, as RFC 9457 has it. The answers to events also say how far they were taken."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Mistake] = []
    accepted: int | None = None
    duplicates: int | None = None
    high_water: int | None = None
    expected: int | None = None
    requested: str | None = None
    oldest: str | None = None
    newest: str | None = None
    reason: str | None = None


class StoredLine(Struct, forbid_unknown_fields=True):
    """A stored event."""

    type: str
    run_id: str
    seq: int
    epoch: str
    time: str
    data: Any
    id: str | None = None


class ProducerShown(Struct, forbid_unknown_fields=True):
    """The producer's last sign of life; ``stopped`` is why it sends no more events of this run, null while it does."""

    state: Literal["live", "silent"]
    since: str
    produced: int | None
    pending: int | None
    oldest_pending_s: float | None
    storage: str | bool | None
    executor: str | None
    stopped: str | None


class AccountingShown(Struct, forbid_unknown_fields=True):
    """What became of a run's events, hop by hop; unknown is null."""

    produced: int | None
    pending: int | None
    stored: int
    unaccounted: int | None
    fanned_out: int
    received: int | None


class Durations(Struct, forbid_unknown_fields=True):
    """Percentiles of attempts that succeeded, in seconds."""

    p50: float | None
    p95: float | None


class LastError(Struct, forbid_unknown_fields=True):
    """The newest error; never erased by another call's success."""

    kind: FailureKind
    message: str
    call_id: str
    time: str
    recovered: bool


class Stats(Struct):
    """The numbers of a run. Unknown is null, never 0. Lists leave out the breakdowns of ``GET /runs``."""

    total_calls: int
    successful_calls: int
    failed_calls: int
    retries: int
    queued: int
    in_flight: int
    cancelled_calls: int
    lost_calls: int
    not_started: int
    attempts: int
    failed_attempts: int
    unsent_attempts: int
    uncertain_attempts: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    unpriced_attempts: int
    planned_calls: int | None
    max_requests_total: int | None
    max_cost_usd: float | None
    current_phase: str | None
    current_call: str | None
    calls_per_minute: float | None
    eta_s: float | None
    discarded: int
    last_error: LastError | None = None
    duration_s: Durations | None = None
    by_phase: list[dict[str, Any]] = []
    by_model: list[dict[str, Any]] = []
    in_flight_calls: list[dict[str, Any]] = []
    waiting_calls: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    alerts: list[dict[str, Any]] = []
    violations: list[str] = []


class RunShown(Struct, forbid_unknown_fields=True):
    """A run: its state, its numbers, its log's fingerprint."""

    run_id: str
    epoch: str
    status: RunStatus
    reason: str | None
    phase: str | None
    first: int
    last: int
    count: int
    position: str
    digest: str
    complete: bool | None
    first_time: str
    last_time: str
    stats: Stats
    links: dict[str, str]
    numbered_by: Numberer | None = None
    producer: ProducerShown | None = None
    rejected: int = 0
    subscribers: int = 0
    delivered: int = 0
    receipts: dict[str, Any] | None = None
    accounting: AccountingShown | None = None


class RunList(Struct, forbid_unknown_fields=True):
    """Runs, the youngest first; ``next`` is the ``before`` of the next page."""

    runs: list[RunShown]
    next: str | None


class RejectedEvent(Struct, forbid_unknown_fields=True):
    """An event that was refused, the n-th of its run; ``text`` is how it began."""

    run_id: str
    n: int
    index: int
    reason: str
    path: str
    message: str
    time: str
    text: str


class RejectedList(Struct, forbid_unknown_fields=True):
    """Refused events, the newest first; ``count`` is of all there were."""

    run_id: str
    count: int
    rejected: list[RejectedEvent]


class Health(Struct, forbid_unknown_fields=True):
    """A probe's answer."""

    status: Literal["live", "ready"]
    build: str
    contract: str
    life: str = ""
    """Of ``/health/live``: another word after each start, so that a producer can see a restart it did not notice."""
