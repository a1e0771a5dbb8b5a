"""What telemetry's answer to a batch of events means for the next one. Source: CONTRACT section 3."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from services.executor.core.delivery.telemetry_answer import MOST_REASON_CHARS, Answer, Cause, trouble_of, whole

DropReason = Literal["refused", "unreadable"]
"""Why an event is given up: telemetry never takes it, or it cannot be read in the ledger."""

DELETED = "run-expired"
"""How the reason begins when telemetry was told to delete the run."""

_GOES_NO_FURTHER = frozenset(
    {
        "sequence-conflict",
        "epoch-conflict",
        "numbered-by-service",
        "numbered-by-producer",
        "run-finished",
        DELETED,
        "invalid-id",
    }
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything up to this seq is durable there; ``confirmed`` events of the batch are, by telemetry's own count."""

    upto: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Rewind:
    """It has lost what is after this seq; go on from there."""

    upto: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The event at this seq is never taken; what is before it is."""

    seq: int
    reason: str
    why: DropReason = "refused"


@dataclass(frozen=True, slots=True)
class Smaller:
    """The batch as a whole was too large, or holds something bad that was not named."""


@dataclass(frozen=True, slots=True)
class Halt:
    """No event of this run is ever taken again; ``closes``: the run itself cannot be trusted any more."""

    reason: str
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Not now; not before this many seconds, where it said so."""

    reason: str
    wait_s: float | None = None
    cause: Cause = Cause.INTERNAL


Step = Taken | Rewind | Refused | Smaller | Halt | Later


def ahead(theirs: int, ours: int) -> Halt:
    """Telemetry has events the ledger does not: the ledger has lost what it once had."""
    return Halt(f"telemetry has events up to {theirs}, the ledger only up to {ours}", closes=True)


def next_step(answer: Answer, *, first_seq: int, count: int, newest: int) -> Step:
    """What to do after a batch of ``count`` events that begins at ``first_seq`` got this answer.

    ``newest`` is the seq of the ledger's newest event: telemetry may have more than the batch brought, sent by an
    earlier life of this process, but never more than the ledger has.
    """
    if answer.status == HTTPStatus.OK and answer.cause is None:
        return _after_success(answer, first_seq + count - 1, count, newest)
    if answer.problem == "sequence-gap":
        expected = whole(answer.body.get("expected"))
        if expected is None or expected >= first_seq:
            return Later(f"a gap that is none: {answer.detail}"[:MOST_REASON_CHARS], None, Cause.REFUSED)
        return Rewind(max(0, expected - 1))
    if answer.problem in {"invalid-event", "too-large", "not-json"}:
        return _after_refusal(answer, first_seq, count)
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and count > 1:
        return Smaller()
    if answer.problem in _GOES_NO_FURTHER:
        return Halt(f"{answer.problem}: {answer.detail}"[:MOST_REASON_CHARS])
    trouble = trouble_of(answer)
    if trouble is None:
        return _nonsense(f"status {answer.status}")
    return Later(trouble.reason, answer.retry_after_s, trouble.cause)


def _after_success(answer: Answer, last_seq: int, count: int, newest: int) -> Step:
    high_water = whole(answer.body.get("high_water"))
    if high_water is None:
        return _nonsense(f"status 200 without high_water ({answer.content_type or 'no content type'})"[:120])
    if high_water > newest:
        return ahead(high_water, newest)
    if high_water < last_seq:
        return _nonsense(f"status 200 after events up to {last_seq}, with high_water {high_water}")
    accepted, duplicates = whole(answer.body.get("accepted")), whole(answer.body.get("duplicates"))
    return Taken(high_water, count if accepted is None or duplicates is None else accepted + duplicates)


def _after_refusal(answer: Answer, first_seq: int, count: int) -> Step:
    last_seq = first_seq + count - 1
    index, high_water = _index(answer), whole(answer.body.get("high_water"))
    # A body that is refused as a whole names event 0, whatever is wrong with it.
    named = index is not None and (index > 0 or answer.problem == "invalid-event")
    if named and index is not None:
        return Refused(min(first_seq + index, last_seq), answer.detail)
    if count > 1 and answer.problem != "invalid-event":
        return Smaller()
    if answer.problem != "invalid-event":
        return Refused(first_seq, answer.detail)
    return Refused(first_seq if high_water is None else min(max(first_seq, high_water + 1), last_seq), answer.detail)


def _nonsense(what: str) -> Later:
    return Later(f"the answer is not telemetry's: {what}", None, Cause.NOT_TELEMETRY)


def _index(answer: Answer) -> int | None:
    errors = answer.body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return whole(errors[0].get("index"))
    return None
