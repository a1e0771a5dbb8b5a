"""What a run may still spend: requests and money, reserved before a request leaves and settled after it.

What is reserved cannot be spent twice, so no number of requests in flight passes the limit.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reserved:
    """The request may leave; hand this back when it has ended."""

    cost_nano: int
    limits: int = 0
    """Under which of the budget's limits: the first, the second ..."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """What is open may yet turn out cheaper: ask again when something is settled."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Nothing is open and this request does not fit: the run's budget is spent."""

    message: str


class Budget:
    """Requests and nano-dollars of one run, over all its lives."""

    def __init__(
        self, *, max_requests: int | None, max_cost_nano: int | None, requests: int = 0, cost_nano: int = 0
    ) -> None:
        self._max_requests = max_requests
        self._max_cost_nano = max_cost_nano
        self.requests = requests
        self.cost_nano = cost_nano
        self._open = 0
        self._open_nano = 0
        self._limits = 0

    @property
    def begun(self) -> int:
        """Requests made, and those reserved."""
        return self.requests + self._open

    def relimit(self, *, max_requests: int | None, max_cost_nano: int | None) -> None:
        """Other limits hold from now on; what is spent stays spent."""
        self._max_requests = max_requests
        self._max_cost_nano = max_cost_nano
        self._limits += 1

    def holds(self, reserved: Reserved) -> bool:
        """Whether it was reserved under the limits there are now; a request that has not left is reserved anew if not."""
        return reserved.limits == self._limits

    def reserve(self, cost_nano: int) -> Reserved | NotNow | Spent:
        """Room for one request that costs at most this much."""
        why = self._no_room(cost_nano)
        if why is None:
            self._open += 1
            self._open_nano += cost_nano
            return Reserved(cost_nano, self._limits)
        return NotNow() if self._open else Spent(why)

    def _no_room(self, cost_nano: int) -> str | None:
        if self._max_requests is not None and self.requests + self._open >= self._max_requests:
            return f"limits.max_requests {self._max_requests} is reached"
        if self._max_cost_nano is None:
            return None
        if self.cost_nano + self._open_nano + cost_nano > self._max_cost_nano:
            return f"limits.max_cost_usd {self._max_cost_nano / 1e9:g} does not cover another request"
        return None

    def settle(self, reserved: Reserved, *, cost_nano: int | None) -> None:
        """The attempt has ended: it was one request, at this cost or, where nobody knows, at the one reserved."""
        self.release(reserved)
        self.requests += 1
        self.cost_nano += reserved.cost_nano if cost_nano is None else cost_nano

    def release(self, reserved: Reserved) -> None:
        """No attempt came of it."""
        self._open -= 1
        self._open_nano -= reserved.cost_nano
