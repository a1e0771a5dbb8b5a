"""What lies below a run: its calls with every prompt and answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, cast, get_args

from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.judging.prompts import two_documents
from services.executor.core.judging.question import question, shapes
from services.executor.core.planning.plan import GENERATION
from services.executor.core.presets.preset import Preset
from services.executor.core.presets.prices import usd
from services.executor.core.records import Attempt, Call, CallStatus, StoredRun
from services.executor.core.results.outcome import preset_of
from services.executor.flows.ports import Reader
from services.executor.flows.runs.runs import Runs
from services.executor.web.answers import json_answer
from services.executor.web.asked import one_of, run_id_of, whole_number
from services.process.problem import Problem
from shared.events import PHASES, PhaseName
from shared.held_schema import schema_sent
from shared.llm_call import LlmRequest
from shared.prompt import compose
from shared.stored import format_time

DEFAULT_LISTED = 1000
MOST_LISTED = 10_000
MOST_CALLS = 1_000_000

Shown = dict[str, Any]
ModelOf = Callable[[PhaseName, int], Shown]
"""The model a call asks, by its phase and slot, as ``{provider, model, settings}``."""


class CallRoutes:
    """The routes about what a run asked and got."""

    def __init__(self, *, runs: Runs, reader: Reader) -> None:
        self._runs = runs
        self._reader = reader

    async def list(self, request: Request) -> Response:
        """GET /runs/{run_id}/calls."""
        stored = await self._runs.find(run_id_of(request))
        limit = whole_number(request, "limit", default=DEFAULT_LISTED, least=1, most=MOST_LISTED)
        calls = await self._reader.calls(
            stored.run_id,
            status=one_of(request, "status", get_args(CallStatus)),
            phase=one_of(request, "phase", PHASES),
            model=request.query_params.get("model") or None,
            limit=limit,
            after=whole_number(request, "after", default=0, least=0, most=MOST_CALLS),
        )
        following = calls[-1].ordinal if len(calls) == limit else None
        model_of = _models(stored)
        return json_answer({"calls": [_call(call, model_of) for call in calls], "after": following})

    async def show(self, request: Request) -> Response:
        """GET /runs/{run_id}/calls/{call_id}: with each attempt's prompt, raw answer and error."""
        stored = await self._runs.find(run_id_of(request))
        call = await self._reader.call(stored.run_id, request.path_params["call_id"])
        if call is None:
            raise Problem("not-found", "the run has no call of that id, or has not come to it yet")
        asked = await self._question(call, _preset(stored))
        prompt = None if asked is None else compose(asked)
        attempts = await self._reader.attempts(stored.run_id, call.call_id)
        shown = _call(call, _models(stored)) | {"json_schema": None if asked is None else schema_sent(asked)}
        return json_answer({**shown, "attempts": [_attempt(attempt, prompt) for attempt in attempts]})

    async def _question(self, call: Call, preset: Preset) -> LlmRequest | None:
        """The question as it was sent; None where it is not known yet what it reads, or that was not made."""
        instructions = await self._reader.instructions(call.run_id, call.phase)
        texts = [await self._reader.text(call.run_id, document) for document in _reads(call)]
        found = [text for text in texts if text is not None]
        if instructions is None or not found or len(found) < len(texts):
            return None
        phase = cast(PhaseName, call.phase)
        shape = replace(shapes(preset)[phase], instructions=instructions.text)
        document = found[0] if len(found) == 1 else two_documents(*found)
        return question(shape, preset.model_of(phase, call.slot), document, timeout_s=preset.limits.attempt_timeout_s)


def _reads(call: Call) -> list[str]:
    """The documents the call reads, in the order it is shown them."""
    if call.shown is not None:
        shown: list[str] = json.loads(call.shown)
        return shown
    alone = call.input if call.phase == GENERATION else call.document
    return [alone] if alone else []


def _preset(stored: StoredRun) -> Preset:
    # Its documents may be thousands, and have no part in this.
    return preset_of({**json.loads(stored.config), "documents": [{"id": "-"}]})


def _models(stored: StoredRun) -> ModelOf:
    preset = _preset(stored)
    return cache(lambda phase, slot: preset.model_of(phase, slot).shown())


def _call(call: Call, model_of: ModelOf) -> Shown:
    return {
        "call_id": call.call_id,
        "item_id": call.item_id,
        "phase": call.phase,
        "label": call.label,
        **model_of(cast(PhaseName, call.phase), call.slot),
        "input": call.input,
        "document": call.document or None,
        "shown": None if call.shown is None else json.loads(call.shown),
        "round": call.round,
        "status": call.status,
        "attempts": call.attempts,
        "error": None if call.error is None else json.loads(call.error),
    }


def _attempt(attempt: Attempt, prompt: str | None) -> Shown:
    error = None
    if attempt.kind is not None:
        error = {"kind": attempt.kind, "message": attempt.message, "status": attempt.http_status}
    return {
        "attempt": attempt.attempt,
        "outcome": attempt.outcome,
        "started": format_time(attempt.started_ms),
        "ended": None if attempt.ended_ms is None else format_time(attempt.ended_ms),
        "duration_s": attempt.duration_s,
        "sent": attempt.sent,
        "input_tokens": attempt.input_tokens,
        "output_tokens": attempt.output_tokens,
        "cost_usd": None if attempt.cost_nano is None else usd(attempt.cost_nano),
        "prompt": attempt.prompt or prompt,
        "answer": attempt.answer,
        "error": error,
    }
