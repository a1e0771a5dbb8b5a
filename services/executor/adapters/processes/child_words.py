"""What a child process says on standard error: read as it comes, so that it never waits for a reader.

Log lines of fpf are passed on. Anything else may be a print of somebody who knows nothing of prompts and keys: of that
only the last line is kept, for the reason of a start that failed, and after the start only its size.
"""

import re

import anyio
import structlog
from anyio.abc import ByteReceiveStream

MAX_LINE_BYTES = 1000
MAX_LINES_A_MINUTE = 60

_CHUNK_BYTES = 64 * 1024
_MINUTE_S = 60.0
_OURS = re.compile(rb"[0-9-]{10} [0-9:]{8},[0-9]{3} ([A-Z]+) (fpf[a-z_.]*: .*)")

log = structlog.get_logger()


class ChildWords:
    """Listens to one child."""

    def __init__(self, stream: ByteReceiveStream, *, who: str, pid: int) -> None:
        self._stream = stream
        self._who = who
        self._pid = pid
        self._begun = b""
        self._last = ""
        self._told = 0
        self._since_s = anyio.current_time()
        self.is_ready = False
        """Whether it has had anything to do yet: before that it can know no secret."""
        self.is_ours = True
        """Whether what looks like a log line of fpf is one; not of a program that prints what it reads."""
        self.stray_bytes = 0
        """How much it has written that is no log line."""
        self.untold_lines = 0
        """How many log lines were not passed on because there were too many."""

    @property
    def last(self) -> str:
        """The last line before it was ready, or its last log line; empty if there was none."""
        return self._last

    async def listen(self) -> None:
        """Read to the end; may be cancelled and called again."""
        while True:
            try:
                chunk = await self._stream.receive(_CHUNK_BYTES)
            except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                break
            *lines, rest = chunk.split(b"\n")
            for line in lines:
                self._add(line)
                self._take()
            self._add(rest)
        if self._begun:
            self._take()

    def _add(self, part: bytes) -> None:
        room = MAX_LINE_BYTES - len(self._begun)
        self._begun += part[:room]
        self.stray_bytes += max(0, len(part) - room)

    def _take(self) -> None:
        line, self._begun = self._begun.strip(), b""
        found = _OURS.fullmatch(line) if self.is_ours else None
        if found is not None:
            self._last = found[2].decode(errors="replace")
            self._tell(found[1].decode(), self._last)
            return
        self.stray_bytes += len(line) + 1
        if line and not self.is_ready:
            self._last = line.decode(errors="replace")

    def _tell(self, level: str, text: str) -> None:
        now_s = anyio.current_time()
        if now_s - self._since_s > _MINUTE_S:
            self._since_s, self._told = now_s, 0
        self._told += 1
        if self._told > MAX_LINES_A_MINUTE:
            self.untold_lines += 1
            return
        tell = log.info if level in {"DEBUG", "INFO"} else log.warning
        tell(f"{self._who} says", pid=self._pid, text=text)
