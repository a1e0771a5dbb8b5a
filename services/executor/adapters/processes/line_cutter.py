"""Cuts what comes through a pipe into lines, within a bound."""

from collections.abc import Iterator


class EndlessLineError(Exception):
    """A line is longer than any that is meant."""


class LineCutter:
    """Holds at most one unfinished line of ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._begun: list[bytes] = []
        self._begun_bytes = 0

    @property
    def begun_bytes(self) -> int:
        """How much there is of a line that has not ended."""
        return self._begun_bytes

    def cut(self, chunk: bytes) -> Iterator[bytes]:
        """The lines this chunk ends, without their newlines; raises ``EndlessLineError``."""
        first, *rest = chunk.split(b"\n")
        self._keep(first)
        if not rest:
            return
        yield b"".join(self._begun)
        yield from rest[:-1]
        self._begun, self._begun_bytes = [], 0
        self._keep(rest[-1])

    def _keep(self, part: bytes) -> None:
        self._begun_bytes += len(part)
        if self._begun_bytes > self._max_bytes:
            raise EndlessLineError
        if part:
            self._begun.append(part)
