"""Whether a failed attempt is tried again, and after how long: the only retry policy there is."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.events import WaitsFor
from shared.failures import RETRYABLE, FailureKind

MAX_DEATHS = 3
"""A call that was in flight at this many deaths of a worker is lost: it may be what kills them."""

LONGEST_RETRY_AFTER_S = 3600.0
"""A provider that asks for a longer pause is not waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential with full jitter: somewhere between 0 and ``base_s * 2^(n-1)``, at most ``longest_s``."""

    base_s: float = 0.5
    longest_s: float = 30.0

    def wait_s(self, failures: int, chance: float) -> float:
        """The pause after this many failures in a row; ``chance`` is uniform in [0, 1)."""
        # Doublings beyond 2^32 overflow nothing, but say nothing either.
        return min(self.longest_s, self.base_s * 2.0 ** min(failures - 1, 32)) * chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """What a call has used up since the run began or was resumed."""

    counted: int
    """Attempts that failed with anything but the death of the worker that held them."""
    deaths: int
    """Deaths of a worker that held it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after this pause; ``asked`` when it is the provider's own Retry-After."""

    wait_s: float
    asked: bool = False
    waits_for: WaitsFor = "backoff"
    reason: str | None = None
    """Why, for whoever watches: the kind of the failure, or words."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt; ``lost`` when the process that held the call died too often.

    ``shut`` when the provider wants to hear nothing for so long that nobody waits: then its model is given up, too.
    """

    reason: str
    lost: bool = False
    shut: bool = False


def decide(
    kind: FailureKind,
    tries: Tries,
    *,
    max_attempts: int,
    retry_after_s: float | None,
    backoff: Backoff,
    chance: Callable[[], float],
    held: bool = True,
) -> Retry | GiveUp:
    """The decision after a failure; ``tries`` includes it.

    A request that no worker ``held`` because there was none is a failure like any other, not the death of a worker.
    """
    if kind is FailureKind.WORKER_DIED and held:
        if tries.deaths >= MAX_DEATHS:
            return GiveUp(f"its worker died {tries.deaths} times", lost=True)
        return Retry(backoff.wait_s(tries.deaths, chance()))
    if kind not in RETRYABLE:
        return GiveUp(f"{kind} is not tried again")
    if tries.counted >= max_attempts:
        return GiveUp(f"max_attempts {max_attempts} reached")
    wait_s = backoff.wait_s(tries.counted, chance())
    if retry_after_s is None or retry_after_s <= 0:
        return Retry(wait_s)
    if retry_after_s > LONGEST_RETRY_AFTER_S:
        return GiveUp(f"the provider asks for a pause of {retry_after_s:.0f} s", shut=True)
    # Some jitter on top: everybody was told the same moment.
    return Retry(retry_after_s + min(wait_s, backoff.base_s), asked=True)
