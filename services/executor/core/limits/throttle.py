"""How hard a provider that answered "too many" is asked: half as many at once, then one more with every round of answers.

Refusals of requests that were under way already when the number was halved say nothing new: a round trip halves once.
One refusal among answers concerns its own call only: some providers refuse one request in ten whatever the load, and
whoever halved at each would ask such a one in single file.
"""

FORGET_AFTER_S = 300.0
"""A provider that was asked nothing for so long is asked as if it had never refused anything."""

IN_A_ROW = 3
"""So many refusals with no answer between them mean everybody; the first does where nothing was answered yet."""


class Throttle:
    """One provider's. Times are of one clock that never goes back."""

    def __init__(self) -> None:
        self.why = ""
        """What the provider answered, for people: ``429 rate_limited``."""
        self.closed_until_s = 0.0
        self.refusals = 0
        self._most: int | None = None
        self._halved_s = 0.0
        self._answered = 0
        self._in_a_row = 0
        self._has_answered = False
        self._idle_since_s: float | None = None

    def most(self, now_s: float) -> int | None:
        """How many requests may be under way at once; None for as many as anybody likes."""
        if self._most is not None and self._idle_since_s is not None and now_s - self._idle_since_s >= FORGET_AFTER_S:
            self._most = None
            self._has_answered = False
        return self._most

    def refused(self, began_s: float, now_s: float, *, in_use: int, why: str) -> bool:
        """A request that began then was one too many, with ``in_use`` under way, itself included.

        The answer is whether that means everybody.
        """
        self.refusals += 1
        self._in_a_row += 1
        if self._has_answered and self._in_a_row < IN_A_ROW:
            return False
        self.why = why
        if self._most is not None and began_s <= self._halved_s:
            return True
        before = in_use if self._most is None else min(in_use, self._most)
        self._most = max(1, before // 2)
        self._halved_s = now_s
        self._answered = 0
        return True

    def answered(self, began_s: float) -> None:
        """A request that began then was answered."""
        self._has_answered = True
        self._in_a_row = 0
        if self._most is None or began_s <= self._halved_s:
            return
        self._answered += 1
        if self._answered >= self._most:
            self._most += 1
            self._answered = 0

    def close(self, until_s: float, why: str) -> None:
        """Nobody is let in before then; a moment that is later already stays."""
        if until_s > self.closed_until_s:
            self.closed_until_s = until_s
            self.why = why

    def is_asked(self) -> None:
        """A request is under way."""
        self._idle_since_s = None

    def is_idle(self, now_s: float) -> None:
        """Nothing is under way from now on."""
        self._idle_since_s = now_s
