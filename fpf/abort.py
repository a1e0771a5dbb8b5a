"""The two ways a call ends early: its time is over, or somebody no longer wants it."""

import anyio

from shared.failures import FailureKind, Sent
from shared.llm_call import LlmFailure


class Abort:
    """One call's deadline and its cancel button. Made inside a running event loop, used for one request."""

    __slots__ = ("_scope", "_timeout_s", "requested")

    def __init__(self) -> None:
        self._scope = anyio.CancelScope()
        self._timeout_s = 0.0
        self.requested = False

    def cancel(self) -> None:
        """End the call now, or as soon as it begins. Without effect on a call that has ended."""
        self.requested = True
        self._scope.cancel()

    def within(self, timeout_s: float) -> anyio.CancelScope:
        """The scope to do the request in; when the block was left early, ``failure`` says why."""
        self._timeout_s = timeout_s
        self._scope.deadline = anyio.current_time() + timeout_s
        return self._scope

    def failure(self, sent: Sent) -> LlmFailure:
        """Why the block was left."""
        if self.requested:
            return LlmFailure(kind=FailureKind.CANCELLED, message="cancelled", sent=sent)
        message = f"no whole answer within {self._timeout_s:g} s"
        return LlmFailure(kind=FailureKind.TIMEOUT, message=message, sent=sent)
