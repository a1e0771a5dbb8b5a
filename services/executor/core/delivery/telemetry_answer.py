"""What telemetry, or whatever stands at its address, answers; and what is wrong when it does not take what it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

MOST_REASON_CHARS = 300


class Cause(StrEnum):
    """Why something did not get through, as a metric counts it: a closed set."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    PROXY = "proxy"
    """Something between us and telemetry says that it cannot reach it."""
    NOT_TELEMETRY = "not_telemetry"
    """Whatever answers does not speak as telemetry does."""
    UNAVAILABLE = "unavailable"
    STORAGE_FULL = "storage_full"
    RATE_LIMITED = "rate_limited"
    UNAUTHORIZED = "unauthorized"
    REFUSED = "refused"
    LEDGER = "ledger"
    """The ledger here could not be read or written."""
    INTERNAL = "internal"
    """A mistake of this program."""


OF_THE_LINK = frozenset(
    {
        Cause.UNREACHABLE,
        Cause.TIMEOUT,
        Cause.PROXY,
        Cause.NOT_TELEMETRY,
        Cause.UNAVAILABLE,
        Cause.STORAGE_FULL,
        Cause.UNAUTHORIZED,
    }
)
"""With these no run's events get through; the others concern one run, or only slow it down."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why telemetry did not take something."""

    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What telemetry said; status 0 is no answer at all."""

    status: int
    problem: str = ""
    """The last part of the problem's type."""
    detail: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    retry_after_s: float | None = None
    content_type: str = ""
    cause: Cause | None = None
    """What is wrong, where that is known from more than the status."""

    @property
    def is_success(self) -> bool:
        """Whether it says that what was asked is done."""
        return trouble_of(self) is None


def trouble_of(answer: Answer) -> Trouble | None:
    """What stands in the way, in words for a person; None where nothing does."""
    if answer.cause is not None:
        return Trouble(answer.cause, answer.detail)
    status, said = answer.status, _said(answer)
    if status == 0:
        return Trouble(Cause.UNREACHABLE, answer.detail or "telemetry cannot be reached")
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Trouble(Cause.NOT_TELEMETRY, f"{said}, a redirect; the telemetry URL must be telemetry's own address")
    if answer.problem == "storage-full":
        return Trouble(Cause.STORAGE_FULL, said)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Trouble(Cause.RATE_LIMITED, said)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}:
        return Trouble(Cause.UNAUTHORIZED, said)
    if not answer.problem:
        return Trouble(Cause.PROXY if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Cause.NOT_TELEMETRY, said)
    return Trouble(Cause.UNAVAILABLE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Cause.REFUSED, said)


def _said(answer: Answer) -> str:
    if answer.problem:
        return f"{answer.problem}: {answer.detail}"[:MOST_REASON_CHARS] if answer.detail else answer.problem
    what = f" with {answer.content_type[:60]}" if answer.content_type else ""
    return f"status {answer.status}{what}, not telemetry's own answer"


def whole(value: Any) -> int | None:
    """A count or a seq; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
