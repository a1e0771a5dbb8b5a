"""The requests of a research: each is an attempt of its call, reserved, committed, sent and settled like every other.

One at a time, as a call has one slot, and tried again by the one policy.
"""

from typing import Any

import msgspec

from services.executor.core.limits.retry import Retry
from services.executor.core.presets.preset import Model
from services.executor.core.presets.researcher import most_requests
from services.executor.flows.calls.call import Asking, attempt, may_not_go_on, rest, stop_unbounded
from services.executor.flows.calls.conclude import conclude_step
from services.executor.flows.research_ports import Wish
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

MAX_KEPT_CHARS = 256 * 1024
"""How much of a request is kept to be shown."""

_EMBEDDINGS = "embeddings"


class ResearchRequests:
    """Makes the requests of one call's researches, over all its tries in this life of the run."""

    def __init__(self, run: LiveRun, call: OpenCall) -> None:
        self._run = run
        self._call = call
        self._embedding: str | None = None
        self.begins_anew = False
        """Whether the program's embeddings may not be paid any more: only a research begun without them can go on."""
        self._before = call.attempts
        """Attempts before this life of the call."""

    def begin(self, embedding: str | None) -> None:
        """A research begins with this model for embeddings, or with none of the provider's."""
        self._embedding = embedding
        self.begins_anew = False

    async def fulfil(self, wish: Wish) -> None:
        """Make the request the program wants; the call has ended afterwards if that was given up."""
        run, call = self._run, self._call
        deaths, tries = call.deaths, 0
        call.counted = 0

        def concluded(outcome: LlmAnswer | LlmFailure) -> Retry | None:
            pause = conclude_step(run, call, outcome)
            if isinstance(outcome, LlmAnswer) or pause is None:
                wish.answer(outcome)
            return pause

        asking = Asking(
            model=self._billed(wish),
            prompt_bytes=lambda: wish.size_bytes,
            request=lambda timeout_s, base_url: self._request(wish, timeout_s, base_url),
            conclude=concluded,
            is_repeat=lambda: tries > 0,
            unbounded=lambda: self._unbounded(wish),
            prompt=_kept(wish),
        )
        while wish.outcome is None and not (call.ended or self.begins_anew or may_not_go_on(run, call)):
            most = most_requests(call.model)
            if call.attempts - self._before >= most:
                run.end(call, "call_failed", FailureKind.BUDGET, f"max_requests {most} of this generator is reached")
                break
            before = call.attempts
            pause = await attempt(run, call, asking)
            tries += call.attempts - before
            if pause is not None:
                await rest(run, call, pause)
        call.counted, call.deaths = 0, deaths
        wish.answer(
            LlmFailure(kind=FailureKind.CANCELLED, message="nothing more is asked for this research", sent="no")
        )

    def _unbounded(self, wish: Wish) -> None:
        if wish.asked.endpoint == _EMBEDDINGS:
            self.begins_anew = True
        else:
            stop_unbounded(self._run, self._call.model)

    def _request(self, wish: Wish, timeout_s: float, base_url: str | None) -> LlmRequest:
        planned, model = self._call.planned, self._call.model
        chat: dict[str, Any] = {
            "temperature": model.temperature,
            "max_completion_tokens": model.max_completion_tokens,
            "top_p": model.top_p,
            "seed": model.seed,
            "stop": model.stop,
            "reasoning_effort": model.reasoning_effort,
        }
        return LlmRequest(
            provider=planned.provider,
            model=self._billed(wish).model,
            instructions="",
            document="",
            timeout_s=timeout_s,
            base_url=base_url,
            passthrough=wish.asked,
            **({} if wish.asked.endpoint == _EMBEDDINGS else chat),
        )

    def _billed(self, wish: Wish) -> Model:
        """The model that is asked; one for embeddings brings no tokens out, and its price is its own."""
        model = self._call.model
        if wish.asked.endpoint != _EMBEDDINGS or self._embedding is None:
            return model
        return embedder(model, self._embedding)


def embedder(model: Model, name: str) -> Model:
    """A model for embeddings as it is billed: it brings no tokens out."""
    return Model(provider=model.provider, model=name, max_completion_tokens=1)


def _kept(wish: Wish) -> str:
    """What was asked, for whoever wants to know later; of a whole document for embeddings only the beginning."""
    text = msgspec.json.encode(wish.asked.body).decode()
    return text if len(text) <= MAX_KEPT_CHARS else f"{text[:MAX_KEPT_CHARS]} ... ({len(text)} characters in all)"
