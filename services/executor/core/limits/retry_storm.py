"""Whether too many of the newest requests are repeats."""

from collections import deque
from typing import Literal

WINDOW_ATTEMPTS = 50
FEWEST_ATTEMPTS = 20


class RetryStorm:
    """Watches the share of retries among the newest attempts of a run."""

    def __init__(self, share: float | None) -> None:
        self._share = share
        self._newest: deque[bool] = deque(maxlen=WINDOW_ATTEMPTS)
        self.raised = False

    def begin_anew(self, share: float | None) -> None:
        """Forget what was seen, with another limit."""
        self._share = share
        self._newest.clear()
        self.raised = False

    def began(self, *, retry: bool) -> Literal["raised", "cleared"] | None:
        """An attempt begins; says so if that changes the alert. It clears at half the share it is raised at."""
        if self._share is None:
            return None
        self._newest.append(retry)
        share = sum(self._newest) / len(self._newest)
        if not self.raised and len(self._newest) >= FEWEST_ATTEMPTS and share > self._share:
            self.raised = True
            return "raised"
        if self.raised and share < self._share / 2:
            self.raised = False
            return "cleared"
        return None
