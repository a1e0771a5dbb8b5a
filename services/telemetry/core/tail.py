"""The newest part of a run's log as ready frames, bounded in bytes; what is older is read from the store.

It also knows at which seqs a block is full: viewers that fell behind are brought to these places, so that they come to
share their chunks again.
"""

from bisect import bisect_right
from collections.abc import Sequence

TAIL_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 256 * 1024
"""No more than this is handed to one connection at a time (one larger event excepted)."""


class Tail:
    """Frames of consecutive seqs, ``base`` + 1 up to ``high``."""

    __slots__ = ("_block_bytes", "_frames", "_limit_bytes", "_marks", "_singles", "base", "high", "size_bytes")

    def __init__(self, base: int = 0, *, limit_bytes: int = TAIL_BYTES) -> None:
        self.base = self.high = base
        self._limit_bytes = limit_bytes
        self._frames: list[bytes] = []
        self._singles: list[int] = []
        self._marks: list[int] = []
        self.size_bytes = 0
        self._block_bytes = 0

    def append(self, frame: bytes, *, single: bool) -> None:
        """Take the next event's frame; the oldest go when there are too many bytes."""
        self._frames.append(frame)
        self.high += 1
        size = len(frame)
        self.size_bytes += size
        self._block_bytes += size
        if single:
            self._singles.append(self.high)
        if self._block_bytes >= BLOCK_BYTES:
            self._marks.append(self.high)
            self._block_bytes = 0
        if self.size_bytes > self._limit_bytes:
            self._trim()

    def _trim(self) -> None:
        # A quarter more than needed, so that it is seldom done.
        wanted = self._limit_bytes * 3 // 4
        cut = 0
        last = len(self._frames) - 1
        while cut < last and self.size_bytes > wanted:
            self.size_bytes -= len(self._frames[cut])
            cut += 1
        del self._frames[:cut]
        self.base += cut
        del self._singles[: bisect_right(self._singles, self.base)]
        del self._marks[: bisect_right(self._marks, self.base)]

    def holds(self, after: int) -> bool:
        """Whether everything after this seq is here."""
        return after >= self.base

    def frame(self, seq: int) -> bytes | None:
        """The frame of this seq, if it is here."""
        index = seq - self.base - 1
        return self._frames[index] if 0 <= index < len(self._frames) else None

    def stop(self, after: int, upto: int) -> int:
        """How far a chunk goes that begins after this seq: to the end of its block, at most ``upto``."""
        index = bisect_right(self._marks, after)
        return min(self._marks[index], upto) if index < len(self._marks) else upto

    def between(self, after: int, upto: int) -> Sequence[bytes]:
        """The frames after one seq up to another; everything after the first must be here."""
        return self._frames[after - self.base : upto - self.base]

    def singles(self, after: int, upto: int) -> list[int]:
        """The seqs after one up to another whose events the live view sends one by one."""
        return self._singles[bisect_right(self._singles, after) : bisect_right(self._singles, upto)]
