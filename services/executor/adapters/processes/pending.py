"""A request under way in a worker, for whoever waits for its end."""

import anyio

from shared.llm_call import LlmAnswer, LlmFailure


class Pending:
    """A request under way in the worker."""

    __slots__ = ("_done", "outcome")

    def __init__(self) -> None:
        self._done = anyio.Event()
        self.outcome: LlmAnswer | LlmFailure | None = None

    def end(self, outcome: LlmAnswer | LlmFailure) -> None:
        """It has ended; the first end counts."""
        if self.outcome is None:
            self.outcome = outcome
            self._done.set()

    async def wait(self) -> LlmAnswer | LlmFailure:
        """Its end."""
        await self._done.wait()
        if self.outcome is None:
            raise RuntimeError("a request was said to have ended without an end")
        return self.outcome
