"""The wall clock, and its time as it is written, made once a millisecond."""

from collections.abc import Callable

from shared.stored import format_time


class Clock:
    """``now_ms`` is passed in, so that tests say what time it is."""

    __slots__ = ("_last_ms", "_text", "now_ms")

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self._last_ms = -1
        self._text = ""

    def stamp(self) -> tuple[int, str]:
        """Milliseconds since 1970, and the same as an event's ``time``."""
        now_ms = self.now_ms()
        if now_ms != self._last_ms:
            self._last_ms, self._text = now_ms, format_time(now_ms)
        return now_ms, self._text
