"""The comparisons of one input in one phase: which can be asked as contestants appear, which never as they fail to."""

from collections.abc import Callable, Mapping, Sequence

from services.executor.core.planning.planned import Pairing, PlannedCall

IsOpen = Callable[[PlannedCall], bool]
"""Whether the call has not ended yet."""


class Contest:
    """Contestants by their index in the pairings. Each of them is taken, or found lacking, once."""

    def __init__(self, pairings: Sequence[Pairing], *, place: Mapping[str, int], is_open: IsOpen) -> None:
        self._place = place
        """Of each document in the plan: it decides which of two is ``a``."""
        self._is_open = is_open
        self._taken: dict[int, str] = {}
        self._lacking: set[int] = set()
        self._of: dict[int, list[Pairing]] = {}
        for pairing in pairings:
            self._of.setdefault(pairing.first, []).append(pairing)
            self._of.setdefault(pairing.second, []).append(pairing)

    def takes(self, index: int, document: str) -> list[PlannedCall]:
        """The document is there: the comparisons with those that were there before, bound to both."""
        self._taken[index] = document
        due: list[PlannedCall] = []
        for pairing in self._of.get(index, ()):
            other = self._taken.get(pairing.second if pairing.first == index else pairing.first)
            if other is not None:
                a, b = sorted((document, other), key=self._place.__getitem__)
                due.extend(self._bound(call, a, b) for call in pairing.calls if self._is_open(call))
        return due

    def lacks(self, index: int) -> list[PlannedCall]:
        """Nobody will stand here: the comparisons that can never be asked, those named before left out."""
        self._lacking.add(index)
        return [
            call
            for pairing in self._of.get(index, ())
            if (pairing.second if pairing.first == index else pairing.first) not in self._lacking
            for call in pairing.calls
            if self._is_open(call)
        ]

    @staticmethod
    def _bound(call: PlannedCall, a: str, b: str) -> PlannedCall:
        return call if call.shown else call.comparing(a, b)
