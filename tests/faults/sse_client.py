"""Server-Sent Events as the standard has them: bytes in, frames out; the id counts when its frame is whole."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, and when its last byte came (monotonic seconds). ``id`` is None where the frame had none."""

    at_s: float
    event: str
    id: str | None
    data: str


@dataclass
class SseReader:
    """Reads one connection; ``retry_ms`` is the newest the server asked for."""

    retry_ms: int | None = None
    _rest: bytes = b""
    _event: str = ""
    _id: str | None = None
    _data: list[str] = field(default_factory=list)

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames these bytes complete."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        for raw in lines:
            line = raw.decode().removesuffix("\r")
            if line:
                self._take(line)
                continue
            if self._data:
                yield Frame(time.monotonic(), self._event or "message", self._id, "\n".join(self._data))
            self._event, self._id, self._data = "", None, []

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._event = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_ms = int(value)
