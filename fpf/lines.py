"""Lines over pipes: read as they come, written together once each turn of the loop."""

import asyncio
from collections.abc import Callable
from typing import cast

from shared.llm_call import MAX_LINE_BYTES

MAX_UNREAD_BYTES = 4 * 1024 * 1024
"""How much may wait to be read by the other side before we stop reading it."""


class LineReader(asyncio.Protocol):
    """Cuts a pipe's bytes into lines.

    ``on_line`` gets each without its newline, ``on_end`` is called once at the end of input. A line longer than
    ``MAX_LINE_BYTES`` is given to ``on_line`` as soon as it is too long, cut, so that it is refused as unreadable.
    """

    def __init__(self, on_line: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._on_line = on_line
        self._on_end = on_end
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self._transport: asyncio.ReadTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop when the pipe is open."""
        self._transport = cast(asyncio.ReadTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop with whatever has come."""
        first, *rest = data.split(b"\n")
        self._begun.append(first)
        self._begun_bytes += len(first)
        if rest:
            self._on_line(b"".join(self._begun))
            for line in rest[:-1]:
                self._on_line(line)
            self._begun, self._begun_bytes = [rest[-1]], len(rest[-1])
        if self._begun_bytes > MAX_LINE_BYTES:
            self._on_line(b"".join(self._begun)[:MAX_LINE_BYTES])
            self._begun, self._begun_bytes = [], 0

    def connection_lost(self, _exc: Exception | None) -> None:
        """Called by the loop when the pipe is closed, for whatever reason."""
        self._on_end()

    def stop(self) -> None:
        """Read no more."""
        if self._transport is not None:
            self._transport.close()

    def pause(self) -> None:
        """Read nothing for now: what the other side writes waits in the pipe."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


class LineWriter(asyncio.Protocol):
    """Collects the lines of one turn of the loop and writes them at once.

    ``on_full`` and ``on_room`` say when the other side is behind and when it has caught up, ``on_end`` that it is gone.
    """

    def __init__(self, on_full: Callable[[], None], on_room: Callable[[], None], on_end: Callable[[], None]) -> None:
        self._on_full = on_full
        self._on_room = on_room
        self._on_end = on_end
        self._waiting: list[bytes] = []
        self._transport: asyncio.WriteTransport | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop when the pipe is open."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._transport.set_write_buffer_limits(high=MAX_UNREAD_BYTES, low=0)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Called by the loop when nobody reads any more."""
        self._transport = None
        self._on_end()

    def pause_writing(self) -> None:
        """Called by the loop when too much waits."""
        self._on_full()

    def resume_writing(self) -> None:
        """Called by the loop when everything is written."""
        self._on_room()

    def write(self, line: bytes) -> None:
        """Have the line written at the end of this turn of the loop. Without effect when nobody reads any more."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(line)

    def _flush(self) -> None:
        lines, self._waiting = self._waiting, []
        if self._transport is not None:
            self._transport.write(b"".join(lines))

    def unwritten_bytes(self) -> int:
        """How much the other side has not taken yet; 0 when nobody reads any more."""
        if self._transport is None:
            return 0
        return sum(map(len, self._waiting)) + self._transport.get_write_buffer_size()
