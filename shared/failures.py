"""Why an attempt failed: the closed list of kinds, and what each one allows.

Source: CONTRACT section 2. Both the process that asks a provider and the service that decides about trying again use
this list; nobody else invents a kind.
"""

from enum import StrEnum
from typing import Literal

Sent = Literal["yes", "no", "maybe"]
"""Whether the request reached the provider: ``maybe`` is a request cut before any byte of an answer came back."""


class FailureKind(StrEnum):
    """One word for what went wrong with an attempt or a call."""

    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    SERVER = "server"
    CONNECTION = "connection"
    WORKER_DIED = "worker_died"
    INVALID_JSON = "invalid_json"
    UNREADABLE_VERDICT = "unreadable_verdict"
    OUTPUT_TOO_SMALL = "output_too_small"
    TRUNCATED = "truncated"
    AUTH = "auth"
    QUOTA = "quota"
    BAD_REQUEST = "bad_request"
    CONTENT_FILTERED = "content_filtered"
    BUDGET = "budget"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


RETRYABLE: frozenset[FailureKind] = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.TIMEOUT,
        FailureKind.SERVER,
        FailureKind.CONNECTION,
        FailureKind.WORKER_DIED,
        FailureKind.INVALID_JSON,
        FailureKind.UNREADABLE_VERDICT,
        FailureKind.OUTPUT_TOO_SMALL,
        FailureKind.TRUNCATED,
    }
)
"""Kinds that may be tried again; every other kind never is."""
