"""One input's way through the phases: what its calls wait for, and which documents take the open places."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.executor.core.planning.best_first import Judgement, best_by_comparison, best_by_score
from services.executor.core.planning.contest import Contest
from services.executor.core.planning.planned import (
    COMBINE,
    GENERATION,
    PAIRWISE_EVAL,
    POST_COMBINE_EVAL,
    SINGLE_EVAL,
    PlannedCall,
    PlannedInput,
)
from services.executor.core.planning.text_uses import TextUses

_ORIGINALS = 2


@dataclass(slots=True)
class Known:
    """What earlier lives of the run have brought for one input."""

    choices: dict[str, list[str]] = field(default_factory=dict)
    means: dict[str, list[float]] = field(default_factory=dict)
    judged: list[Judgement] = field(default_factory=list)


@dataclass(slots=True)
class Moves:
    """What follows from what has happened, to be carried out in this order."""

    choices: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """Phase, input and the documents that are in its places now, best first."""
    due: list[PlannedCall] = field(default_factory=list)
    """Calls that can be asked."""
    never: list[tuple[list[PlannedCall], str]] = field(default_factory=list)
    """Calls that never can, and why."""
    unread: list[str] = field(default_factory=list)
    """Texts nobody needs any more."""


class InputAgenda:
    """All calls about one input. A document is there, or will never be, or neither is known yet."""

    def __init__(
        self,
        planned: PlannedInput,
        *,
        judging: Mapping[str, Sequence[PlannedCall]],
        place: Mapping[str, int],
        known: Known,
        ended: Callable[[str], bool],
        succeeded: Callable[[str], bool],
        uses: TextUses,
    ) -> None:
        self._planned = planned
        self._judging = judging
        self._place = place
        self._known = known
        self._known_at_start = dict(known.choices)
        self._has_ended = ended
        self._has_succeeded = succeeded
        self._uses = uses
        self._pairs = Contest(planned.pairwise, place=place, is_open=self._is_open)
        self._finals = Contest(planned.post_combine, place=place, is_open=self._is_open)
        self._made = {call.document for call in planned.combine if succeeded(call.call_id)}
        self._left = {
            GENERATION: self._open(planned.generation),
            SINGLE_EVAL: sum(map(self._open, judging.values())),
            PAIRWISE_EVAL: sum(self._open(pairing.calls) for pairing in planned.pairwise),
            COMBINE: self._open(planned.combine),
            POST_COMBINE_EVAL: sum(self._open(pairing.calls) for pairing in planned.post_combine),
        }
        self._index = {document: index for index, document in enumerate(planned.documents)}
        asks_pairs = self._left[PAIRWISE_EVAL] > 0
        self._choosing_pairs = asks_pairs and len(known.choices.get(PAIRWISE_EVAL, ())) < planned.open_places
        self._finals_begun = self._left[POST_COMBINE_EVAL] == 0
        asks_more = self._left[COMBINE] > 0 or not self._finals_begun
        self._choosing_originals = asks_more and COMBINE not in known.choices
        self._count_uses()

    def start(self, moves: Moves) -> None:
        """What this life of the run begins with."""
        planned = self._planned
        moves.due.extend(filter(self._is_open, planned.generation))
        makers = {call.document: call for call in planned.generation}
        for document in planned.documents:
            maker = makers.get(document)
            if maker is None or self._has_succeeded(maker.call_id):
                self._appears(document, moves)
            elif self._has_ended(maker.call_id):
                self._fails(document, moves)
        for index, document in enumerate(self._known.choices.get(PAIRWISE_EVAL, ())):
            self._due(self._pairs.takes(index, document), moves)
        if COMBINE in self._known.choices:
            self._take_originals(moves)
        for phase in (SINGLE_EVAL, PAIRWISE_EVAL, COMBINE):
            if self._left[phase] == 0:
                self._phase_is_over(phase, moves)
        self._forget(self._known_places(), moves)

    def ended(self, call: PlannedCall, moves: Moves, *, succeeded: bool) -> None:
        """What follows from the end of this call."""
        phase = call.phase
        self._left[phase] -= 1
        moves.unread.extend(self._uses.drop(call.reads))
        if phase == GENERATION:
            if succeeded:
                self._appears(call.document, moves)
            else:
                self._fails(call.document, moves)
        elif phase == COMBINE and succeeded:
            self._made.add(call.document)
        if self._left[phase] == 0:
            self._phase_is_over(phase, moves)

    def scored(self, document: str, mean: float) -> None:
        """A verdict on this document was read."""
        if self._choosing_pairs:
            self._known.means.setdefault(document, []).append(mean)

    def judged(self, call: PlannedCall, winner: str) -> None:
        """A comparison was read."""
        if self._choosing_originals and call.phase == PAIRWISE_EVAL:
            self._known.judged.append((*call.pair, winner))

    def _is_open(self, call: PlannedCall) -> bool:
        return not self._has_ended(call.call_id)

    def _open(self, calls: Iterable[PlannedCall]) -> int:
        return sum(map(self._is_open, calls))

    def _appears(self, document: str, moves: Moves) -> None:
        self._made.add(document)
        moves.due.extend(filter(self._is_open, self._judging[document]))
        if not self._planned.open_places:
            moves.due.extend(self._pairs.takes(self._index[document], document))

    def _fails(self, document: str, moves: Moves) -> None:
        why = f"document {document} could not be generated"
        never = list(filter(self._is_open, self._judging[document]))
        if not self._planned.open_places:
            never.extend(self._pairs.lacks(self._index[document]))
        moves.never.append((never, why))

    def _phase_is_over(self, phase: str, moves: Moves) -> None:
        if phase == SINGLE_EVAL and self._choosing_pairs:
            self._choose_pairs(moves)
        elif phase == PAIRWISE_EVAL and self._choosing_originals:
            self._choose_originals(moves)
        elif phase == COMBINE and not self._finals_begun:
            self._begin_finals(moves)

    def _choose_pairs(self, moves: Moves) -> None:
        """The best by score take the open places; those that were taken before stay so."""
        planned, taken = self._planned, self._known.choices.get(PAIRWISE_EVAL, [])
        there = [name for name in planned.documents if name in self._made and name not in taken]
        room = planned.open_places - len(taken)
        more = best_by_score(there, self._known.means)[:room]
        chosen = [*taken, *more]
        if more:
            self._known.choices[PAIRWISE_EVAL] = chosen
            moves.choices.append((PAIRWISE_EVAL, planned.input, chosen))
        for index, document in enumerate(more, len(taken)):
            self._due(self._pairs.takes(index, document), moves)
        never = [call for index in range(len(chosen), planned.open_places) for call in self._pairs.lacks(index)]
        if never:
            why = f"{len(chosen)} of the {len(planned.documents)} documents of {planned.input} have a score"
            moves.never.append((never, f"{why}: place {len(chosen) + 1} stays empty"))
        self._choosing_pairs = False
        self._forget(planned.documents, moves)

    def _choose_originals(self, moves: Moves) -> None:
        """The two best by comparison are combined."""
        planned = self._planned
        there = [name for name in planned.documents if name in self._made]
        best = best_by_comparison(there, self._known.judged)[:_ORIGINALS]
        if len(best) == _ORIGINALS:
            self._known.choices[COMBINE] = best
            moves.choices.append((COMBINE, planned.input, best))
            self._take_originals(moves)
        else:
            self._choosing_originals = False
            why = f"no two documents of {planned.input} could be compared"
            moves.never.append((list(filter(self._is_open, planned.combine)), why))
        self._forget(planned.documents, moves)

    def _take_originals(self, moves: Moves) -> None:
        self._choosing_originals = False
        best, second = self._known.choices[COMBINE]
        if not self._finals_begun:
            self._uses.add((best, second))
        calls = filter(self._is_open, self._planned.combine)
        self._due([call.combining(best, second) for call in calls], moves)

    def _begin_finals(self, moves: Moves) -> None:
        """The originals and what was combined of them meet, if anything was."""
        planned, originals = self._planned, self._known.choices.get(COMBINE, [])
        self._finals_begun = True
        combined = [name for name in planned.combined if name in self._made]
        if not combined or not originals:
            calls = [call for pairing in planned.post_combine for call in pairing.calls]
            moves.never.append((list(filter(self._is_open, calls)), f"nothing was combined for {planned.input}"))
            self._forget((*originals, *planned.combined), moves)
            return
        in_order = sorted(originals, key=self._place.__getitem__)
        for index, document in enumerate([*in_order, *planned.combined]):
            if index < _ORIGINALS or document in self._made:
                self._due(self._finals.takes(index, document), moves)
            else:
                moves.never.append((self._finals.lacks(index), f"document {document} could not be combined"))
        self._forget((*originals, *planned.combined), moves)

    def _due(self, calls: Sequence[PlannedCall], moves: Moves) -> None:
        """Calls of which it was not known before what they read."""
        for call in calls:
            self._uses.add(call.shown)
        moves.due.extend(calls)

    def _count_uses(self) -> None:
        """Who reads which text: known readers one by one, and a use each for what is still to be chosen."""
        planned, uses = self._planned, self._uses
        for call in planned.generation:
            if self._is_open(call):
                uses.add(call.reads)
        for document, calls in self._judging.items():
            uses.add((document,), self._open(calls))
        for pairing in planned.pairwise:
            for call in pairing.calls:
                if call.shown and self._is_open(call):
                    uses.add(call.shown)
        uses.add(planned.documents, self._choosing_pairs + self._choosing_originals)
        if not self._finals_begun:
            uses.add(planned.combined)
        # Until the start has counted the calls themselves: texts of earlier lives are read before it.
        uses.add(self._known_places())

    def _known_places(self) -> list[str]:
        return [name for phase in (PAIRWISE_EVAL, COMBINE) for name in self._known_at_start.get(phase, ())]

    def _forget(self, documents: Iterable[str], moves: Moves) -> None:
        moves.unread.extend(self._uses.drop(documents))
