"""A producer's sign of life, and how it is shown. Source: CONTRACT section 3."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from shared.limits import PRODUCER_SILENT_S
from shared.stored import format_time

_MAX_ADDRESS_CHARS = 1000
_KEPT_WORDS_CHARS = 500
_Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class SignOfLife(Struct, gc=False):
    """What a producer says of itself: events made, events not yet delivered, the age of the oldest, its storage.

    ``stopped`` is why it sends no more events of this run, for good; null while it does. Of ``storage`` and ``stopped``
    the first 500 characters are kept.
    """

    produced: _Count | None = None
    pending: _Count | None = None
    oldest_pending_s: Annotated[float, Meta(ge=0)] | None = None
    storage: str | bool | None = None
    executor: Annotated[str, Meta(max_length=_MAX_ADDRESS_CHARS)] | None = None
    stopped: str | None = None

    def __post_init__(self) -> None:
        """Cut what is long: a sign of life is never refused for the length of an error message."""
        if isinstance(self.storage, str):
            self.storage = self.storage[:_KEPT_WORDS_CHARS]
        if self.stopped is not None:
            self.stopped = self.stopped[:_KEPT_WORDS_CHARS]

    def mistake(self) -> str | None:
        """What is wrong with ``executor``, the producer's address as browsers see it; None if nothing is."""
        if self.executor is None:
            return None
        parts = urlsplit(self.executor) if self.executor.isascii() and self.executor.isprintable() else None
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            return "must be an absolute http or https URL like https://acm2.example.org"
        return None


class Producer:
    """The newest sign of life of one run, and since when its producer is live or silent."""

    __slots__ = ("_heard_ms", "_live_since_ms", "said")

    def __init__(self, said: SignOfLife, now_ms: int) -> None:
        self.said = said
        self._heard_ms = self._live_since_ms = now_ms

    def hear(self, said: SignOfLife, now_ms: int) -> None:
        """Take in the next one."""
        if self.is_silent(now_ms):
            self._live_since_ms = now_ms
        self.said = said
        self._heard_ms = now_ms

    def is_silent(self, now_ms: int) -> bool:
        """Whether the last sign is too long ago."""
        return now_ms - self._heard_ms >= PRODUCER_SILENT_S * 1000

    def facts(self, now_ms: int) -> dict[str, Any]:
        """The producer as everybody shows it."""
        silent = self.is_silent(now_ms)
        return {
            "state": "silent" if silent else "live",
            "since": format_time(self._heard_ms if silent else self._live_since_ms),
            "produced": self.said.produced,
            "pending": self.said.pending,
            "oldest_pending_s": self.said.oldest_pending_s,
            "storage": self.said.storage,
            "executor": self.said.executor,
            "stopped": self.said.stopped,
        }
