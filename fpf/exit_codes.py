"""The exit code of each kind of failure, as in sysexits(3), so that a script can decide what to do next."""

from shared.failures import FailureKind

OK = 0
USAGE = 64
REFUSED_ANSWER = 65
UNAVAILABLE = 69
INTERNAL = 70
TRY_AGAIN = 75
NOT_ALLOWED = 77
INTERRUPTED = 130

_OF_KIND: dict[FailureKind, int] = {
    FailureKind.BAD_REQUEST: USAGE,
    FailureKind.OUTPUT_TOO_SMALL: REFUSED_ANSWER,
    FailureKind.INVALID_JSON: REFUSED_ANSWER,
    FailureKind.UNREADABLE_VERDICT: REFUSED_ANSWER,
    FailureKind.TRUNCATED: REFUSED_ANSWER,
    FailureKind.CONTENT_FILTERED: REFUSED_ANSWER,
    FailureKind.SERVER: UNAVAILABLE,
    FailureKind.CONNECTION: UNAVAILABLE,
    FailureKind.RATE_LIMITED: TRY_AGAIN,
    FailureKind.TIMEOUT: TRY_AGAIN,
    FailureKind.AUTH: NOT_ALLOWED,
    FailureKind.QUOTA: NOT_ALLOWED,
}


def exit_code(kind: FailureKind) -> int:
    """The exit code for a failure; what no provider can cause is internal."""
    return _OF_KIND.get(kind, INTERNAL)
