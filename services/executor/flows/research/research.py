"""A call that is a research: a program of its own makes request after request through us, and brings a report.

A request that is given up ends the research, and a research that fails by itself is begun again as often as a question
would be asked again.
"""

from dataclasses import replace

import anyio
import msgspec
import structlog

from services.executor.core.limits.retry import Retry, Tries, decide
from services.executor.core.presets.researcher import GPT_RESEARCHER, report_type
from services.executor.core.records import Document
from services.executor.flows.calls.call import may_not_go_on, rest, until_it_may_begin
from services.executor.flows.calls.questions import Questions
from services.executor.flows.research.requests import ResearchRequests, embedder
from services.executor.flows.research_ports import Broken, Report, Research, Researchers, ResearchTask, Wish
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure

MAX_LINES = 200
"""How many lines of progress one research may leave in the run's log."""

_MAX_WORDS_CHARS = 200

log = structlog.get_logger()


async def research(run: LiveRun, questions: Questions, call: OpenCall) -> None:
    """See a call of a generator of kind ``gpt_researcher`` to its end; for ``make_call``."""
    researchers = run.kit.researchers
    if researchers is None:
        run.end(call, "call_failed", FailureKind.BAD_REQUEST, "GPT Researcher is not installed where the executor runs")
        return
    await _Researching(run, questions, call, researchers).to_its_end()


class _Researching:
    """One call's researches, until one brings a report or no more are allowed."""

    def __init__(self, run: LiveRun, questions: Questions, call: OpenCall, researchers: Researchers) -> None:
        self._run = run
        self._questions = questions
        self._call = call
        self._researchers = researchers
        self._failures = 0
        self._lines = 0
        self._embedding: str | None = None
        self._told = False
        self._requests = ResearchRequests(run, call)
        provider, model = call.key
        # A streak of its own: the requests of a research that comes to nothing may all have been answered.
        self._key = (provider, f"{model} as {GPT_RESEARCHER}")

    async def to_its_end(self) -> None:
        run, call = self._run, self._call
        while not call.ended:
            if may_not_go_on(run, call):
                run.end_unasked(call)
                return
            refusal = run.breaker.stopped(self._key)
            if refusal is not None:
                run.end_by_breaker(call, refusal)
                return
            await until_it_may_begin(run, call)
            if may_not_go_on(run, call):
                continue
            begun = run.breaker.begin()
            # Anew each time: a limit on money may have come since.
            self._embedding = self._embedding_model()
            self._requests.begin(self._embedding)
            async with self._researchers.open(self._task(), self._tell) as under_way:
                outcome = await self._follow(under_way)
            if outcome is None:
                continue
            pause = self._conclude(outcome, begun)
            if pause is not None:
                await rest(run, call, pause)

    async def _follow(self, under_way: Research) -> Report | Broken | None:
        """What came of the research; None where the call has ended, may not go on, or needs a research begun anew."""
        while True:
            wanted = await self._next(under_way)
            if not isinstance(wanted, Wish):
                return wanted
            await self._requests.fulfil(wanted)
            if self._call.ended or self._requests.begins_anew or may_not_go_on(self._run, self._call):
                return None

    async def _next(self, under_way: Research) -> Wish | Report | Broken | None:
        """The program's next word. Its own work runs against the call's time too."""
        run, call = self._run, self._call
        limit_s, began_s = run.preset.limits.call_timeout_s, run.kit.clock.monotonic_s()
        found: Wish | Report | Broken | None = None
        try:
            # Whatever stops the run cancels this, as it does with other things a call waits for.
            with anyio.move_on_after(max(0.0, limit_s - call.spent_s)) as call.preparing:
                found = await under_way.next()
        finally:
            call.preparing = None
        call.spent_s += run.kit.clock.monotonic_s() - began_s
        if found is None and not may_not_go_on(run, call):
            return Broken(FailureKind.TIMEOUT, f"limits.call_timeout_s {limit_s:g} is used up")
        return found

    def _embedding_model(self) -> str | None:
        run, model = self._run, self._call.model
        found = self._researchers.embedding_model(model.provider)
        limited = run.preset.limits.max_cost_usd is not None
        if found is not None and limited and run.kit.price_of(embedder(model, found)) is None:
            if not self._told:
                self._tell(f"makes its embeddings without {found}: no price of that is known, and money is limited")
                self._told = True
            return None
        return found

    def _task(self) -> ResearchTask:
        run, planned, model = self._run, self._call.planned, self._call.model
        generation = run.preset.generation
        return ResearchTask(
            query=generation.instructions.text if generation else "",
            document=run.texts[planned.input],
            report_type=report_type(model),
            model=model.model,
            embedding=self._embedding,
        )

    def _tell(self, words: str, level: str = "info") -> None:
        self._lines += 1
        if self._lines > MAX_LINES:
            return
        words = "says no more of its progress here" if self._lines == MAX_LINES else words[:_MAX_WORDS_CHARS]
        message = f"the research for {self._call.planned.document} {words}"
        self._run.log.report("log", {"level": level, "message": message})

    def _conclude(self, outcome: Report | Broken, begun: int) -> Retry | None:
        if isinstance(outcome, Report):
            too_small = self._too_small(outcome.text)
            if too_small is None:
                self._run.breaker.succeeded(self._key)
                self._accept(outcome.text)
                return None
            outcome = too_small
        return self._give_up_or_again(outcome, begun)

    def _too_small(self, text: str) -> Broken | None:
        generation, size_bytes = self._run.preset.generation, len(text.encode())
        least = generation.min_bytes if generation else 0
        if not text.strip():
            return Broken(FailureKind.OUTPUT_TOO_SMALL, "the report is empty")
        if size_bytes < least:
            message = f"the report has {size_bytes} bytes, the least accepted is {least}"
            return Broken(FailureKind.OUTPUT_TOO_SMALL, message)
        return None

    def _accept(self, text: str) -> None:
        accepted = self._questions.accept(self._call, LlmAnswer(text=text, duration_s=0.0))
        if isinstance(accepted, LlmFailure):
            raise TypeError("a document is accepted as it is")
        # No attempt's answer is the report: it is kept with the document.
        records = [
            msgspec.structs.replace(record, text=text) if isinstance(record, Document) else record
            for record in accepted.records
        ]
        self._run.answered(self._call, accepted.events, records)

    def _give_up_or_again(self, broken: Broken, begun: int) -> Retry | None:
        run, call = self._run, self._call
        if broken.died:
            call.deaths += 1
        else:
            self._failures += 1
        refusal = run.breaker.failed(self._key, broken.kind, begun)
        decision = decide(
            broken.kind,
            Tries(counted=self._failures, deaths=call.deaths),
            max_attempts=run.preset.limits.max_attempts,
            retry_after_s=None,
            backoff=run.kit.backoff,
            chance=run.kit.chance,
        )
        if isinstance(decision, Retry) and call.spent_s + decision.wait_s < run.preset.limits.call_timeout_s:
            self._tell(f"broke: {broken.message}; it is begun again", "warning")
            again = replace(decision, reason=broken.kind.value)
        else:
            lost = not isinstance(decision, Retry) and decision.lost
            run.end(call, "call_lost" if lost else "call_failed", broken.kind, broken.message)
            again = None
        if refusal is not None:
            run.stop_model(refusal, self._key)
        return again
