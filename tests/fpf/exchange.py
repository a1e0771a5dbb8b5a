"""One whole call against a provider that answers as recorded: what went out, and what came of it."""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
import respx

from fpf.abort import Abort
from fpf.call import Means, Outcome, run_call
from fpf.scripted import Scripts
from fpf.transport import open_sender
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from tests.fpf.builders import NOW_S, a_request

CANARY = "canary-0123456789abcdefXYZ"
"""The key of every provider in these tests: it may be seen in one header and nowhere else."""

KEYS = {
    "OPENAI_API_KEY": CANARY,
    "ANTHROPIC_API_KEY": CANARY,
    "GEMINI_API_KEY": CANARY,
    "OPENROUTER_API_KEY": CANARY,
    "MYLAB_API_KEY": CANARY,
    "MYLAB_BASE_URL": "https://mylab.example/v1",
}


@dataclass
class Exchange:
    """``sent`` holds each request the provider got."""

    outcome: Outcome
    sent: list[httpx.Request]

    @property
    def request(self) -> httpx.Request:
        (only,) = self.sent
        return only

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.request.content)
        return found

    @property
    def answer(self) -> LlmAnswer:
        assert isinstance(self.outcome, LlmAnswer), self.outcome
        return self.outcome

    @property
    def failure(self) -> LlmFailure:
        assert isinstance(self.outcome, LlmFailure), self.outcome
        return self.outcome

    @property
    def kind(self) -> FailureKind:
        return self.failure.kind


async def exchange(reply: Any, *, status: int = 200, headers: dict[str, str] | None = None, **request: Any) -> Exchange:
    """Ask, with every key set, a provider that answers any POST with ``reply``."""
    content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    router = respx.Router(assert_all_called=False)
    route = router.post(url__regex=".*").respond(status, content=content, headers=headers)
    async with open_sender(lambda: NOW_S, httpx.MockTransport(router.async_handler)) as sender:
        means = Means(sender, Scripts(), KEYS, time.perf_counter)
        outcome = await run_call(a_request(**request), means, Abort())
    return Exchange(outcome, [call.request for call in route.calls])
