"""How fast calls end: the number of endings in the last minute before the newest event, of calls that were asked."""

WINDOW_S = 60


class Rate:
    """Endings by second; seconds long past are dropped."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}
        self._first_ms: int | None = None

    def began(self, time_ms: int) -> None:
        """A call got its slot."""
        if self._first_ms is None or time_ms < self._first_ms:
            self._first_ms = time_ms

    def ended(self, time_ms: int) -> None:
        """A call ended."""
        second = time_ms // 1000
        self._ends[second] = self._ends.get(second, 0) + 1

    def per_minute(self, now_ms: int) -> float | None:
        """Calls ended a minute over the last minute, or over the time since the first call began if that is shorter."""
        if self._first_ms is None:
            return None
        oldest = now_ms // 1000 - WINDOW_S
        for second in [second for second in self._ends if second <= oldest]:
            del self._ends[second]
        span_ms = min(WINDOW_S * 1000, max(1000, now_ms - self._first_ms))
        return sum(self._ends.values()) * 60_000 / span_ms
