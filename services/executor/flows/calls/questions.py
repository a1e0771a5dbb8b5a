"""What a call asks: the documents it reads at this point of the run, and what its answer means."""

from services.executor.core.judging.prompts import two_documents
from services.executor.core.judging.question import question, shapes
from services.executor.core.planning.plan import GENERATION, SINGLE_EVAL, PlannedCall
from services.executor.flows.calls.acceptance import Acceptance, Accepted
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.open_call import OpenCall
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest


class Questions:
    """Asks for one run; what is the same for many calls is made once."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._shapes = shapes(run.preset)
        self._acceptance = Acceptance(run)

    def request(self, call: OpenCall, *, timeout_s: float, base_url: str | None) -> LlmRequest:
        """The question this call asks."""
        shape, document = self._shapes[call.planned.phase], self._reads(call.planned)
        return question(shape, call.model, document, timeout_s=timeout_s, base_url=base_url)

    def prompt_bytes(self, call: OpenCall) -> int:
        """How long the prompt is, with the most a schema adds to it: what a request can cost at most counts on it."""
        planned, shape = call.planned, self._shapes[call.planned.phase]
        schema = shape.schema_tokens.get(planned.provider, 0)
        return shape.instructions_bytes + 2 + len(self._reads(planned).encode()) + schema

    def accept(self, call: OpenCall, answer: LlmAnswer) -> Accepted | LlmFailure:
        """What the answer brought, or why it is none."""
        return self._acceptance.accept(call, answer)

    def _reads(self, planned: PlannedCall) -> str:
        texts = [self._run.texts[document] for document in planned.reads]
        return texts[0] if planned.phase in (GENERATION, SINGLE_EVAL) else two_documents(*texts)
