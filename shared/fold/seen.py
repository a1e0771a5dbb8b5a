"""Which sequence numbers have been taken in; a repeat is recognised whatever the order."""


class Seen:
    """A set of positive integers, small as long as they come nearly in order."""

    __slots__ = ("_ahead", "upto")

    def __init__(self) -> None:
        self.upto = 0
        self._ahead: set[int] = set()

    def add(self, seq: int) -> bool:
        """Take the number in; False when it was in already."""
        if seq == self.upto + 1 and not self._ahead:
            self.upto = seq
            return True
        if seq <= self.upto or seq in self._ahead:
            return False
        self._ahead.add(seq)
        while self.upto + 1 in self._ahead:
            self.upto += 1
            self._ahead.remove(self.upto)
        return True
