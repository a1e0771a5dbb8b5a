"""A failure known before anything was sent."""

from shared.failures import FailureKind
from shared.llm_call import LlmFailure


def refused(kind: FailureKind, message: str) -> LlmFailure:
    """The failure of a request that never left this machine."""
    return LlmFailure(kind=kind, message=message, sent="no")


def bad_request(message: str) -> LlmFailure:
    """A request nobody could answer, or that asks for what the provider cannot do."""
    return refused(FailureKind.BAD_REQUEST, message)
