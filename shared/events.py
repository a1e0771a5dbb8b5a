"""Every event type and the shape of its data, once. Source: CONTRACT section 2.

A type with a dot in it is anybody's own and has no shape; any other name outside ``DATA`` is refused. Fields we do not
know are kept and ignored: a newer producer may say more.
"""

import re
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from shared.failures import FailureKind, Sent
from shared.limits import MAX_TYPE_CHARS

PhaseName = Literal["generation", "single_eval", "pairwise_eval", "combine", "post_combine_eval"]
PHASES: tuple[PhaseName, ...] = get_args(PhaseName)
"""In the order a run goes through them."""

WaitsFor = Literal["slot", "rate", "backoff", "pause"]
FinalStatus = Literal["completed", "completed_with_errors", "failed", "cancelled"]
Winner = Literal["a", "b", "tie"]
AlertState = Literal["raised", "cleared"]

_EXACT = 2**53 - 1
"""The largest whole number every reader of JSON keeps exactly."""

Count = Annotated[int, Meta(ge=0, le=_EXACT)]
Positive = Annotated[int, Meta(ge=1, le=_EXACT)]
Amount = Annotated[float, Meta(ge=0, le=1e12)]
"""Seconds or dollars: bounded, so that their sums in nano-dollars and log buckets are numbers, too."""
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Data(Struct, kw_only=True):
    """The data of one event type."""


class PhasePlan(Struct, frozen=True, kw_only=True):
    """How many calls a phase is planned to make."""

    phase: PhaseName
    planned_calls: Count


class Error(Struct, frozen=True, kw_only=True):
    """Why an attempt or a call ended without a result. The message holds no key and no part of a prompt."""

    kind: FailureKind
    message: str = ""
    status: int | None = None


class RunPlanned(Data):
    """The plan, known before anything is asked."""

    preset: str | None = None
    phases: list[PhasePlan] = []
    planned_calls: Count | None = None
    max_requests_total: Count | None = None
    limits: dict[str, Any] | None = None


class RunMoved(Data):
    """The run went into another state."""

    reason: str | None = None


class RunInterrupted(RunMoved):
    """Nobody carries the run out any more: in which status it was when that began, and since when (a time)."""

    was: str | None = None
    since: str | None = None


class RunResumed(Data):
    """The run goes on after an interruption or an end, with a new ceiling."""

    reason: str | None = None
    planned_calls: Count | None = None
    max_requests_total: Count | None = None
    limits: dict[str, Any] | None = None


class PhaseMarked(Data):
    """A phase began or ended."""

    phase: PhaseName
    planned_calls: Count | None = None


class CallNamed(Data):
    """A call waits for its slot, or got it."""

    call_id: Name
    item_id: str | None = None
    phase: PhaseName | None = None
    label: str | None = None
    provider: str | None = None
    model: str | None = None


class CallWaiting(Data):
    """What a call waits for before it can go on, until when (a time, or null), and why: an error kind, or words."""

    call_id: Name
    waits_for: WaitsFor
    until: str | None = None
    reason: str | None = None


class AttemptStarted(Data):
    """One request is about to leave; committed before it does."""

    call_id: Name
    attempt: Positive


class AttemptSucceeded(Data):
    """The provider's answer was accepted. Null is unknown, never 0 for unknown."""

    call_id: Name
    attempt: Positive
    duration_s: Amount | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cost_usd: Amount | None = None


class AttemptFailed(Data):
    """The request brought no accepted answer."""

    call_id: Name
    attempt: Positive
    error: Error
    sent: Sent = "maybe"
    duration_s: Amount | None = None
    will_retry: bool = False
    retry_in_s: Amount | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cost_usd: Amount | None = None


class CallSucceeded(Data):
    """The call has its answer, after this many attempts over all its lives."""

    call_id: Name
    attempts: Count | None = None


class CallEnded(Data):
    """The call ended without an answer; with ``attempts: 0`` it was never asked."""

    call_id: Name
    attempts: Count | None = None
    error: Error | None = None


class ScoreRecorded(Data):
    """One judgement of one document: a score from 1 to 5 for each criterion."""

    item_id: Name
    input: str | None = None
    document: str | None = None
    generator: dict[str, Any] | None = None
    judge: dict[str, Any] | str | None = None
    trial: Positive | None = None
    scores: dict[str, Annotated[float, Meta(ge=1, le=5)]] = {}
    mean: Annotated[float, Meta(ge=1, le=5)] | None = None


class PairJudged(Data):
    """One judgement of two documents of one input against each other."""

    item_id: Name
    winner: Winner
    phase: PhaseName | None = None
    input: str | None = None
    a: str | None = None
    b: str | None = None
    a_generator: dict[str, Any] | None = None
    b_generator: dict[str, Any] | None = None
    order: Any = None
    judge: dict[str, Any] | str | None = None
    trial: Positive | None = None


class RankingChanged(Data):
    """The ranking as it is now known."""

    ranking: list[dict[str, Any]] = []
    models: list[dict[str, Any]] = []
    post_combine: dict[str, Any] | None = None


class Alert(Data):
    """Something the person watching should know, raised until it is cleared."""

    alert_id: Name
    state: AlertState
    kind: str | None = None
    severity: str | None = None
    message: str | None = None


class Log(Data):
    """One line for people."""

    message: str
    level: str = "info"


class Discarded(Struct, frozen=True, kw_only=True):
    """How many events a producer had to drop for one reason."""

    reason: str
    quantity: Positive


class ClientReport(Data):
    """What the producer had to drop, and why."""

    discarded: list[Discarded]


class RunFinished(Data):
    """The run is over; with ``events`` and ``digest`` the producer claims what the log holds before this line."""

    status: FinalStatus
    reason: str | None = None
    events: Count | None = None
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None


DATA: dict[str, type[Data]] = {
    "run_planned": RunPlanned,
    "run_started": RunMoved,
    "run_paused": RunMoved,
    "run_cancelling": RunMoved,
    "run_interrupted": RunInterrupted,
    "run_resumed": RunResumed,
    "phase_started": PhaseMarked,
    "phase_finished": PhaseMarked,
    "call_queued": CallNamed,
    "call_waiting": CallWaiting,
    "call_started": CallNamed,
    "attempt_started": AttemptStarted,
    "attempt_succeeded": AttemptSucceeded,
    "attempt_failed": AttemptFailed,
    "call_succeeded": CallSucceeded,
    "call_failed": CallEnded,
    "call_cancelled": CallEnded,
    "call_lost": CallEnded,
    "score_recorded": ScoreRecorded,
    "pair_judged": PairJudged,
    "ranking_changed": RankingChanged,
    "alert": Alert,
    "log": Log,
    "client_report": ClientReport,
    "run_finished": RunFinished,
}
"""Every type we know, and what its data must look like."""

SINGLE_TYPES: frozenset[str] = frozenset({"log", "alert", "score_recorded", "pair_judged", "ranking_changed"})
"""Types the live view sends one by one, none skipped; so are all types with a dot."""

_own_type = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")


def is_own_type(name: str) -> bool:
    """Whether the type is somebody's own: kept and streamed as it is, not folded."""
    return len(name) <= MAX_TYPE_CHARS and _own_type.fullmatch(name) is not None


class InvalidData(ValueError):
    """An event's type or data is not what the contract says; ``path`` names the field."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def check(name: str, data: Any) -> None:
    """Raise ``InvalidData`` unless the data fits the type."""
    shape = DATA.get(name)
    if shape is None:
        if is_own_type(name):
            return
        raise InvalidData(
            "type", f"{name[:80]!r} is not a known type; one of your own has a dot in it, like 'myapp.step'"
        )
    try:
        msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from error


_CHOICES: dict[str, tuple[str, ...]] = {
    "data.phase": PHASES,
    "data.waits_for": get_args(WaitsFor),
    "data.error.kind": tuple(FailureKind),
    "data.sent": get_args(Sent),
    "data.winner": get_args(Winner),
    "data.state": get_args(AlertState),
    "data.status": get_args(FinalStatus),
}


def _explained(text: str) -> InvalidData:
    message, _, where = text.partition(" - at `$")
    path = "data" + where.rstrip("`") if where else "data"
    missing = re.search(r"missing required field `([^`]+)`", message)
    if missing:
        return InvalidData(f"{path}.{missing[1]}", "required")
    choices = _CHOICES.get(re.sub(r"phases\[\d+\]\.", "", path))
    if choices:
        return InvalidData(path, f"must be one of {', '.join(choices)}")
    return InvalidData(re.sub(r"\[\.\.\.\]", "[*]", path), message[:1].lower() + message[1:])
