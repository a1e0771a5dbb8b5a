"""How many calls still need each text, so that it is kept no longer than that."""

from collections import Counter
from collections.abc import Iterable


class TextUses:
    """Uses of documents by their ids."""

    def __init__(self) -> None:
        self._uses: Counter[str] = Counter()

    def add(self, documents: Iterable[str], times: int = 1) -> None:
        """Each of them will be read so many times more."""
        if times:
            for document in documents:
                self._uses[document] += times

    def drop(self, documents: Iterable[str]) -> list[str]:
        """One use of each is over; the answer is those nobody needs any more."""
        over = []
        for document in documents:
            left = self._uses.get(document, 0) - 1
            if left > 0:
                self._uses[document] = left
            elif self._uses.pop(document, None) is not None:
                over.append(document)
        return over

    def any(self, document: str) -> bool:
        """Whether somebody needs it."""
        return document in self._uses
