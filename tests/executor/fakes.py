"""Stand-ins for what the executor speaks to: workers and the embedded model. Telemetry has a file of its own."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel

from services.executor.errors import LocalModelError
from shared.failures import FailureKind, Sent
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

Outcome = LlmAnswer | LlmFailure
Script = Callable[[LlmRequest, int], Outcome]
"""Gets the request and how often this very question was asked before."""


def answer(text: str = "An answer.", *, tokens: tuple[int, int] | None = (10, 5)) -> LlmAnswer:
    """An accepted answer."""
    known = tokens or (None, None)
    return LlmAnswer(text=text, duration_s=0.01, input_tokens=known[0], output_tokens=known[1])


def failure(kind: FailureKind, *, sent: Sent = "yes", **more: Any) -> LlmFailure:
    """A failure of this kind."""
    return LlmFailure(kind=kind, message=f"said: {kind}", sent=sent, **more)


def verdict(score: int = 4) -> LlmAnswer:
    """A judge's answer to the criteria of ``configs``."""
    entries = ", ".join(
        f'{{"criterion": "{name}", "score": {score}, "reason": "so"}}' for name in ("Relevance", "Clarity")
    )
    return answer(f'{{"evaluations": [{entries}]}}', tokens=(100, 40))


def obliging(request: LlmRequest, _before: int) -> Outcome:
    """Answers everything as asked."""
    return verdict() if request.json else answer()


class FakeWorkers:
    """Answers from a script. With ``hold`` every request waits until it is let go, or cancelled; ``holds`` says which."""

    def __init__(
        self, script: Script = obliging, *, hold: bool = False, holds: Callable[[LlmRequest], bool] | None = None
    ) -> None:
        self.script = script
        self.hold = hold or holds is not None
        self._holds = holds or (lambda _request: True)
        self.requests: list[LlmRequest] = []
        self.keys: list[str] = []
        self.alone: list[str] = []
        self.cancelled: list[str] = []
        self.under_way = 0
        self.most_under_way = 0
        self.ignores_cancel = False
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._held: dict[str, anyio.Event] = {}
        self._moved = anyio.Event()

    async def ready(self) -> None:
        """Always."""

    async def ask(self, key: str, request: LlmRequest, *, alone: bool = False) -> Outcome:
        """The next outcome of the script."""
        question = (request.model, request.instructions, request.document)
        self.requests.append(request)
        self.keys.append(key)
        if alone:
            self.alone.append(key)
        before = self._asked[question]
        self._asked[question] += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self._move()
        try:
            outcome = self.script(request, before)
            if self.hold and self._holds(request):
                held = self._held[key] = anyio.Event()
                await held.wait()
                del self._held[key]
            else:
                await anyio.lowlevel.checkpoint()
            if key in self.cancelled:
                return failure(FailureKind.CANCELLED, sent="maybe")
            return outcome
        finally:
            self.under_way -= 1
            self._move()

    def cancel(self, key: str) -> None:
        """Abort a request that is held."""
        if key in self._held and not self.ignores_cancel:
            self.cancelled.append(key)
            self._held[key].set()

    def let_go(self) -> None:
        """Let every request that is held go, and all later ones."""
        self.hold = False
        for event in self._held.values():
            event.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds; looked at whenever a request comes or goes."""
        with anyio.fail_after(60):
            while not condition():
                await self._moved.wait()

    def _move(self) -> None:
        self._moved.set()
        self._moved = anyio.Event()


class FakeLocalModel:
    """An address, or a model that cannot be had."""

    def __init__(self, address: str | None = "http://127.0.0.1:1/v1") -> None:
        self.address = address

    async def base_url(self) -> str:
        """The address."""
        if self.address is None:
            raise LocalModelError("the model server could not be started")
        return self.address


class CountingMeter:
    """Counts in a dict."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def attempt(self, _provider: str, _model: str, outcome: str, _cost_nano: int | None) -> None:
        """Count it."""
        self.outcomes[outcome] += 1
