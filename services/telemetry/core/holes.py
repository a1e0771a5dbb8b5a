"""Seqs of a log whose stored line cannot be read any more: seldom any, never silent."""

from bisect import bisect_left, bisect_right, insort


class Holes:
    """A set of seqs that knows what comes next."""

    __slots__ = ("_seqs",)

    def __init__(self) -> None:
        self._seqs: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._seqs)

    def __len__(self) -> int:
        return len(self._seqs)

    def __contains__(self, seq: int) -> bool:
        index = bisect_left(self._seqs, seq)
        return index < len(self._seqs) and self._seqs[index] == seq

    def add(self, seq: int) -> bool:
        """Take a seq in; False if it was in."""
        if seq in self:
            return False
        insort(self._seqs, seq)
        return True

    def next(self, after: int) -> int | None:
        """The first one after a seq."""
        index = bisect_right(self._seqs, after)
        return self._seqs[index] if index < len(self._seqs) else None

    def clear_upto(self, after: int, upto: int) -> int:
        """How far everything after ``after`` can be read, at most up to ``upto``."""
        hole = self.next(after)
        return upto if hole is None or hole > upto else hole - 1

    def end(self, hole: int) -> int:
        """The last one of the holes that follow one another from this one on."""
        while hole + 1 in self:
            hole += 1
        return hole

    def spelled(self) -> str:
        """The first ones, for people."""
        shown = ", ".join(str(seq) for seq in self._seqs[:5])
        return shown + (", ..." if len(self._seqs) > 5 else "")
