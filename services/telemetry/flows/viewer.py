"""What every viewer of a stream has in common: one connection, one form, words about the stream itself."""

from abc import ABC, abstractmethod
from typing import Any, Protocol

from services.telemetry.core import frames
from services.telemetry.core.frames import Form
from services.telemetry.flows.outlet import Outlet

MUTE = float("inf")
"""The heartbeat of a stream that has no words."""


class Behind(Protocol):
    """Takes a viewer whose place is no longer in memory."""

    def __call__(self, viewer: "CatchesUp", /) -> None:
        """Feed it from the store until it is back."""


class CatchesUp(Protocol):
    """A viewer that can be fed from the store."""

    @property
    def cursor(self) -> int:
        """The seq it has got to."""

    @property
    def outlet(self) -> Outlet:
        """Its connection."""

    def feed(self, found: list[bytes]) -> None:
        """Send these frames, the ones right after ``cursor``, and go on."""


class Viewer(ABC):
    """One open stream. ``stream`` is its name in the metrics."""

    stream = ""

    def __init__(self, outlet: Outlet, *, form: Form, heartbeat_s: float) -> None:
        self.outlet = outlet
        self.heartbeat_s = heartbeat_s
        self._form = form
        outlet.on_free = self.push

    @property
    def run_id(self) -> str | None:
        """The run this stream is about; None if it is about several."""
        return None

    @property
    def seq(self) -> int | None:
        """The newest stored seq of that run."""
        return None

    @abstractmethod
    def open(self) -> None:
        """Greet and send what there is."""

    @abstractmethod
    def push(self) -> None:
        """Send what is new, as far as the connection takes it."""

    @abstractmethod
    def leave(self) -> None:
        """Watch nothing any more."""

    def say(self, name: str, data: dict[str, Any], *, id_: str | None = None, retry_ms: int | None = None) -> None:
        """Send a word about the stream."""
        self.outlet.write(self._worded(name, data, id_=id_, retry_ms=retry_ms))

    def beat(self, time: str) -> None:
        """Show that the stream is alive."""
        self.say("heartbeat", {"time": time, "seq": self.seq})

    def drain(self, reason: str, retry_ms: int) -> None:
        """Say goodbye for now: the stream closes without ``end``."""
        facts = {"reason": reason, "retry_ms": retry_ms}
        mute = self.heartbeat_s == MUTE
        self.outlet.finish(b"" if mute else self._worded("drain", facts, retry_ms=retry_ms))

    def _worded(self, name: str, data: dict[str, Any], *, id_: str | None = None, retry_ms: int | None = None) -> bytes:
        return self._form([frames.word(name, self.run_id, data, id_=id_, retry_ms=retry_ms)])
