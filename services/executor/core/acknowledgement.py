"""What telemetry's answer to a batch of events means for the next one. Source: CONTRACT section 3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

_GOES_NO_FURTHER = frozenset(
    {
        "sequence-conflict",
        "epoch-conflict",
        "numbered-by-service",
        "numbered-by-producer",
        "run-finished",
        "run-expired",
        "invalid-id",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What telemetry said; status 0 is no answer at all."""

    status: int
    problem: str = ""
    """The last part of the problem's type."""
    detail: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything up to this seq is durable there; go on after it."""

    upto: int


@dataclass(frozen=True, slots=True)
class Rewind:
    """It has lost what is after this seq; go on from there."""

    upto: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The event at this seq is never taken; what is before it is."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Smaller:
    """The batch as a whole was too large."""


@dataclass(frozen=True, slots=True)
class Halt:
    """No event of this run is ever taken again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now; not before this many seconds, where it said so."""

    reason: str
    wait_s: float | None


Step = Taken | Rewind | Refused | Smaller | Halt | Later


def next_step(answer: Answer, *, first_seq: int, count: int, newest: int) -> Step:
    """What to do after a batch of ``count`` events that begins at ``first_seq`` got this answer.

    ``newest`` is the seq of the ledger's newest event: telemetry may have more than the batch brought, sent by an
    earlier life of this process, but never more than the ledger has.
    """
    high_water = _seq(answer.body.get("high_water"))
    last_seq = first_seq + count - 1
    if answer.status == HTTPStatus.OK:
        if high_water is None:
            return Later("the answer is not telemetry's", None)
        if high_water > newest:
            return Halt(f"telemetry has events up to {high_water}, the ledger only up to {newest}")
        return Taken(high_water)
    if answer.problem == "sequence-gap":
        expected = _seq(answer.body.get("expected"))
        if expected is None or expected >= first_seq:
            return Later(f"a gap that is none: {answer.detail}"[:200], None)
        return Rewind(max(0, expected - 1))
    if answer.problem == "invalid-event" or (answer.problem == "too-large" and count == 1):
        return Refused(_refused_seq(answer, first_seq, high_water, last_seq), answer.detail)
    if answer.problem == "too-large" or answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        index = _index(answer)
        return Smaller() if index is None else Refused(first_seq + index, answer.detail)
    if answer.problem in _GOES_NO_FURTHER:
        return Halt(f"{answer.problem}: {answer.detail}"[:300])
    said = answer.problem or (f"status {answer.status}" if answer.status else answer.detail)
    return Later(said, answer.retry_after_s)


def _refused_seq(answer: Answer, first_seq: int, high_water: int | None, last_seq: int) -> int:
    index = _index(answer)
    if index is not None:
        return min(first_seq + index, last_seq)
    return first_seq if high_water is None else min(max(first_seq, high_water + 1), last_seq)


def _index(answer: Answer) -> int | None:
    errors = answer.body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return _seq(errors[0].get("index"))
    return None


def _seq(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
