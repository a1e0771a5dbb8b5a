"""What of a plan can be asked next and what never can, as its calls end. Inputs do not wait for each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.executor.core.planning.agenda_input import InputAgenda, Known, Moves
from services.executor.core.planning.plan import Plan, PlannedCall
from services.executor.core.planning.text_uses import TextUses


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier lives of a run have brought; ``ended`` and ``succeeded`` are asked for a call's id."""

    ended: Callable[[str], bool]
    succeeded: Callable[[str], bool]
    choices: Sequence[tuple[str, str, list[str]]] = ()
    """Phase, input, documents best first."""
    scores: Sequence[tuple[str, float]] = ()
    """Document and mean of a verdict."""
    judgements: Sequence[tuple[str, str, str, str]] = ()
    """Input, a, b, winner: those of pairwise_eval."""


class Agenda:
    """One life of a run: told of every call that ends, it says what follows from that."""

    def __init__(self, plan: Plan, past: Past) -> None:
        place = {item.document: index for index, item in enumerate((*plan.documents, *plan.combined))}
        known: dict[str, Known] = {item.input: Known() for item in plan.inputs}
        inputs_of = {item.document: item.input for item in plan.documents}
        for phase, input_, documents in past.choices:
            known[input_].choices[phase] = documents
        for document, mean in past.scores:
            known[inputs_of[document]].means.setdefault(document, []).append(mean)
        for input_, a, b, winner in past.judgements:
            known[input_].judged.append((a, b, winner))
        self._inputs_of = inputs_of
        self._uses = TextUses()
        self._inputs = {
            item.input: InputAgenda(
                item,
                judging={name: plan.judging.get(name, ()) for name in item.documents},
                place=place,
                known=known[item.input],
                ended=past.ended,
                succeeded=past.succeeded,
                uses=self._uses,
            )
            for item in plan.inputs
        }

    def start(self) -> Moves:
        """Everything that can be asked now, by the plan's order, and everything that never can."""
        moves = Moves()
        for item in self._inputs.values():
            item.start(moves)
        moves.due.sort(key=_ordinal)
        return moves

    def ended(self, call: PlannedCall, *, succeeded: bool) -> Moves:
        """What follows from the end of this call. What it brought has been told before."""
        moves = Moves()
        self._inputs[call.input].ended(call, moves, succeeded=succeeded)
        return moves

    def scored(self, document: str, mean: float) -> None:
        """A verdict on this document was read."""
        self._inputs[self._inputs_of[document]].scored(document, mean)

    def judged(self, call: PlannedCall, winner: str) -> None:
        """A comparison was read; ``winner`` is ``a``, ``b`` or ``tie`` of the call's pair."""
        self._inputs[call.input].judged(call, winner)

    def reads(self, document: str) -> bool:
        """Whether some call that has not ended reads this text, or may yet."""
        return self._uses.any(document)


def _ordinal(call: PlannedCall) -> int:
    return call.ordinal
