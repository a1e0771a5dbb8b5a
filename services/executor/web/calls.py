"""What lies below a run: its calls with every prompt and answer, its results, its documents."""

import json
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import Response

from services.executor.core.plan import GENERATION, SINGLE_EVAL
from services.executor.core.prices import usd
from services.executor.core.prompts import whole_prompt
from services.executor.core.records import Attempt, Call, CallStatus
from services.executor.core.results import Outcome, plan_of, results
from services.executor.flows.ports import Reader
from services.executor.flows.runs import Runs
from services.executor.web.answers import json_answer
from services.executor.web.asked import one_of, run_id_of, whole_number
from services.process.problem import Problem
from shared.stored import format_time

DEFAULT_LISTED = 1000
MOST_LISTED = 10_000
MOST_CALLS = 1_000_000

Shown = dict[str, Any]


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
            phase=one_of(request, "phase", (GENERATION, SINGLE_EVAL)),
            model=request.query_params.get("model") or None,
            limit=limit,
            after=whole_number(request, "after", default=0, least=0, most=MOST_CALLS),
        )
        following = calls[-1].ordinal if len(calls) == limit else None
        return json_answer({"calls": [_call(call) for call in calls], "after": following})

    async def show(self, request: Request) -> Response:
        """GET /runs/{run_id}/calls/{call_id}: with each attempt's prompt, raw answer and error."""
        stored = await self._runs.find(run_id_of(request))
        call = await self._reader.call(stored.run_id, request.path_params["call_id"])
        if call is None:
            raise Problem("not-found", "the run has no call of that id, or has not come to it yet")
        prompt = await self._prompt(call)
        attempts = await self._reader.attempts(stored.run_id, call.call_id)
        return json_answer({**_call(call), "attempts": [_attempt(attempt, prompt) for attempt in attempts]})

    async def results(self, request: Request) -> Response:
        """GET /runs/{run_id}/results: as far as they are there."""
        stored = await self._runs.find(run_id_of(request))
        config = json.loads(stored.config)
        calls = await self._reader.calls(stored.run_id, limit=MOST_CALLS)
        outcome = Outcome(
            config=config,
            plan=plan_of(config),
            calls={call.call_id: call for call in calls},
            scores=await self._reader.scores(stored.run_id),
            attempts=await self._reader.attempts(stored.run_id),
        )
        live = self._runs.live(stored.run_id)
        status = live.log.status if live else stored.status
        return json_answer({"run_id": stored.run_id, "status": status, **results(outcome)})

    async def document(self, request: Request) -> Response:
        """GET /runs/{run_id}/documents/{document_id}: the text itself."""
        stored = await self._runs.find(run_id_of(request))
        text = await self._reader.text(stored.run_id, request.path_params["document_id"])
        if text is None:
            raise Problem("not-found", "the run has no document of that id, or has not made it yet")
        # A document is whatever a model wrote: a browser must not take it for a page.
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return Response(text.encode(), media_type="text/plain; charset=utf-8", headers=headers)

    async def _prompt(self, call: Call) -> str | None:
        instructions = await self._reader.instructions(call.run_id, call.phase)
        asked_about = call.input if call.phase == GENERATION else call.document
        document = await self._reader.text(call.run_id, asked_about)
        if instructions is None or document is None:
            return None
        return whole_prompt(instructions.text, document)


def _call(call: Call) -> Shown:
    return {
        "call_id": call.call_id,
        "item_id": call.item_id,
        "phase": call.phase,
        "label": call.label,
        "provider": call.provider,
        "model": call.model,
        "input": call.input,
        "document": call.document,
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
        "prompt": prompt,
        "answer": attempt.answer,
        "error": error,
    }
