"""What a plan is made of: calls, documents, and what belongs together because it is about one input."""

import dataclasses
from dataclasses import dataclass

from services.executor.core.records import Order
from shared.events import PhaseName

GENERATION: PhaseName = "generation"
SINGLE_EVAL: PhaseName = "single_eval"
PAIRWISE_EVAL: PhaseName = "pairwise_eval"
COMBINE: PhaseName = "combine"
POST_COMBINE_EVAL: PhaseName = "post_combine_eval"

_LABEL_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One question to an LLM. ``document`` is what it makes or judges; a comparison judges two and has none."""

    ordinal: int
    """Its place in the plan, from 1."""
    call_id: str
    item_id: str
    phase: PhaseName
    label: str
    provider: str
    model: str
    slot: int
    """Index of the model among the generators, the judges or combine's models."""
    round: int
    """Iteration or trial, from 1."""
    input: str
    document: str = ""
    order: Order | None = None
    """Of a comparison: which document is shown first."""
    shown: tuple[str, ...] = ()
    """The two documents a comparison or a combination reads, in the order they are shown; empty until that is known."""

    @property
    def pair(self) -> tuple[str, str]:
        """The two documents of a comparison, in the order of the plan."""
        first, second = self.shown
        return (first, second) if self.order == "ab" else (second, first)

    @property
    def reads(self) -> tuple[str, ...]:
        """The documents it reads, as far as they are known."""
        if self.phase == GENERATION:
            return (self.input,)
        return (self.document,) if self.phase == SINGLE_EVAL else self.shown

    def comparing(self, a: str, b: str) -> "PlannedCall":
        """The comparison once it is known of what; ``a`` stands before ``b`` in the plan."""
        shown = (a, b) if self.order == "ab" else (b, a)
        return dataclasses.replace(self, shown=shown, label=label("Comparing", " and ".join(shown), self.model))

    def combining(self, best: str, second: str) -> "PlannedCall":
        """The combination once it is known of what."""
        return dataclasses.replace(self, shown=(best, second))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDocument:
    """A document to be judged: an input itself, or what a model makes; ``generator`` is the model's index."""

    document: str
    input: str
    generator: int | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two contestants and every call that compares them; ``first`` and ``second`` are their indices, from 0."""

    first: int
    second: int
    calls: tuple[PlannedCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedInput:
    """All that is about one input, but for the judges of single documents.

    The contestants of ``pairwise`` are ``documents``, or so many places by rank where ``open_places`` is not 0. Those of
    ``post_combine`` are the two originals and then ``combined``.
    """

    input: str
    documents: tuple[str, ...]
    generation: tuple[PlannedCall, ...]
    open_places: int
    pairwise: tuple[Pairing, ...]
    combine: tuple[PlannedCall, ...]
    combined: tuple[str, ...]
    post_combine: tuple[Pairing, ...]


def label(doing: str, what: str, model: str) -> str:
    """What a call does, for people."""
    return f"{doing} {what} with {model}"[:_LABEL_CHARS]
