"""What the ledger keeps besides events: the state of runs, calls, attempts, documents, scores, pairs and choices.

A record is whole: writing it again replaces what was there. Times are milliseconds since 1970, money is nano-dollars,
JSON is text in our one form. None is unknown.
"""

from typing import Literal

import msgspec

from shared.status import RunStatus

CallStatus = Literal["queued", "in_flight", "succeeded", "failed", "cancelled", "lost"]
Outcome = Literal["succeeded", "failed"]
DocumentKind = Literal["input", "generated", "combined"]
Order = Literal["ab", "ba"]
"""Which document of a pair was shown first."""

Winner = Literal["a", "b", "tie"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One row, named by its key fields."""

    run_id: str


class NewRun(Record, frozen=True, kw_only=True):
    """A run as it was asked for; written once."""

    epoch: str
    created_ms: int
    preset: str | None
    request_sha256: str
    """Of what was asked, so that a repeat with the same run id is told from another run."""
    config: str
    """The preset as JSON, its documents as ``{id, size, hash}``."""
    planned_calls: int
    max_requests_total: int
    status: RunStatus = RunStatus.PLANNED


class RunState(Record, frozen=True, kw_only=True):
    """Where a run stands; ``stats`` is filled when it is over."""

    status: RunStatus
    reason: str | None = None
    finished_ms: int | None = None
    stats: str | None = None


class NewLimits(Record, frozen=True, kw_only=True):
    """What a resume has changed: the config with the limits that hold from now on, and the ceiling."""

    config: str
    max_requests_total: int


class Delivered(Record, frozen=True, kw_only=True):
    """How far telemetry has acknowledged a run's events, and why no more are sent, if so."""

    delivered_seq: int
    discarded: int = 0
    stopped: str | None = None


class Reconciled(Record, frozen=True, kw_only=True):
    """What the comparison with telemetry found when all of a finished run had been delivered.

    ``count`` and ``digest`` are the ledger's, the others telemetry's; ``seq`` is where the log ended then.
    """

    seq: int
    equal: bool
    count: int
    digest: str
    their_count: int
    their_digest: str
    at_ms: int


class Deletion(Record, frozen=True, kw_only=True):
    """Telemetry is to forget this run; ``done_ms`` is when it said that it has. Outlives the run's other rows.

    ``epoch`` is the run's own: under the same id telemetry may have another producer's run.
    """

    epoch: str
    asked_ms: int
    done_ms: int | None = None


class Document(Record, frozen=True, kw_only=True):
    """A text to work on, or one made: then ``text`` is None and lies in the attempt that brought it.

    ``generator`` is the index of the model that made it: among the generators, or for a combined one among combine's.
    """

    document_id: str
    kind: DocumentKind
    input: str
    bytes: int
    sha256: str
    text: str | None = None
    generator: int | None = None
    call_id: str | None = None
    attempt: int | None = None


class Instructions(Record, frozen=True, kw_only=True):
    """The instructions of one phase, word for word as they were sent."""

    phase: str
    text: str


class Call(Record, frozen=True, kw_only=True):
    """A call and where it stands. ``document`` is what it makes or judges, empty where it compares two."""

    call_id: str
    ordinal: int
    item_id: str
    phase: str
    label: str
    provider: str
    model: str
    slot: int
    round: int
    input: str
    document: str
    status: CallStatus
    attempts: int = 0
    deaths: int = 0
    error: str | None = None
    """``{kind, message, status}`` as JSON."""
    shown: str | None = None
    """JSON list of the two documents a comparison or a combination reads, in the order they are shown; None where it
    reads one, or where it is not known which."""


class Attempt(Record, frozen=True, kw_only=True):
    """One request; ``outcome`` is None while it is in flight."""

    call_id: str
    attempt: int
    started_ms: int
    reserved_nano: int = 0
    ended_ms: int | None = None
    outcome: Outcome | None = None
    duration_s: float | None = None
    kind: str | None = None
    message: str | None = None
    http_status: int | None = None
    sent: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nano: int | None = None
    answer: str | None = None
    """The raw answer, accepted or not; shown to whoever asks why, never put into an event."""
    prompt: str | None = None
    """What was asked, where that does not follow from the call: a research asks what it likes."""


class Score(Record, frozen=True, kw_only=True):
    """One readable verdict; ``scores`` and ``reasons`` are JSON objects by criterion."""

    item_id: str
    call_id: str
    document: str
    judge: int
    trial: int
    scores: str
    reasons: str
    mean: float


class Pair(Record, frozen=True, kw_only=True):
    """One judgement of two documents of an input; ``item_id`` names the pair, the judge, the trial and the order.

    ``a`` stands before ``b`` in the plan. ``winner`` means the document, wherever it was shown; ``order`` ``ab`` is ``a``
    shown first, ``ba`` is ``b``.
    """

    item_id: str
    call_id: str
    phase: str
    """``pairwise_eval`` or ``post_combine_eval``."""
    input: str
    a: str
    b: str
    order: Order
    winner: Winner
    judge: int
    """Index among the judges of pairwise_eval."""
    trial: int
    reason: str


class Choice(Record, frozen=True, kw_only=True):
    """Which documents of an input go on to a phase, best first: a JSON list. Places that stay empty come last.

    ``phase`` is ``pairwise_eval`` (the ``top_n`` by score) or ``combine`` (the two originals).
    """

    phase: str
    input: str
    documents: str


AnyRecord = (
    NewRun
    | RunState
    | NewLimits
    | Delivered
    | Reconciled
    | Deletion
    | Document
    | Instructions
    | Call
    | Attempt
    | Score
    | Pair
    | Choice
)


class StoredRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the ledger knows it."""

    run_id: str
    epoch: str
    created_ms: int
    preset: str | None
    request_sha256: str
    config: str
    planned_calls: int
    max_requests_total: int
    status: RunStatus
    reason: str | None
    finished_ms: int | None
    stats: str | None
    delivered_seq: int
    discarded: int
    stopped: str | None
