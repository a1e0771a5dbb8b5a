"""What a research needs from the outside: a program that makes requests through us and brings a report in the end."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

import anyio

from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, Passthrough


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearchTask:
    """One research: the question, and the one document it is answered from."""

    query: str
    document: str
    report_type: str
    model: str
    embedding: str | None
    """The provider's model for embeddings; None where they are made without a provider."""


@dataclass(slots=True, eq=False)
class Wish:
    """A request the program wants to make; it waits until this is answered, once."""

    asked: Passthrough
    size_bytes: int
    """Of the request's body: more than the tokens in it."""
    outcome: LlmAnswer | LlmFailure | None = None
    answered: anyio.Event = field(default_factory=anyio.Event)

    def answer(self, outcome: LlmAnswer | LlmFailure) -> None:
        """What came of it; the first answer counts."""
        if self.outcome is None:
            self.outcome = outcome
            self.answered.set()


@dataclass(frozen=True, slots=True)
class Report:
    """The research is done."""

    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The research ended without a report. ``died`` where its process did, otherwise ``kind`` says what this is."""

    kind: FailureKind
    message: str
    died: bool = False


class Research(Protocol):
    """A research under way."""

    async def next(self) -> Wish | Report | Broken:
        """What it wants or brings next; nothing follows the report or the break."""


class Researchers(Protocol):
    """Begins researches."""

    def embedding_model(self, provider: str) -> str | None:
        """The provider's model for embeddings, None where there is none."""

    def open(self, task: ResearchTask, tell: Callable[[str], None]) -> AbstractAsyncContextManager[Research]:
        """A research in a process of its own; at the end of the context nothing of it is left.

        ``tell`` gets its progress in words of ours. A process that cannot be started is a research that broke.
        """
