"""How long one attempt may take, so that a call whose first attempt hangs has another one before its own time is over."""

from services.executor.core.presets.preset import Limits

SHORTEST_S = 0.001


def attempt_time_s(limits: Limits, *, spent_s: float, failures: int) -> float:
    """What the next attempt gets of the call's time, after so many failures.

    An attempt limit shorter than the call's is taken as it is. Otherwise an attempt that may be followed by another one
    gets half of what is left.
    """
    left_s = limits.call_timeout_s - spent_s
    if limits.attempt_timeout_s >= limits.call_timeout_s and failures + 1 < limits.max_attempts:
        left_s /= 2
    return max(SHORTEST_S, min(limits.attempt_timeout_s, left_s))


def pause_within_s(limits: Limits, *, wait_s: float, spent_s: float, failures: int) -> float:
    """A pause of ours, shortened where the second attempt would not exist otherwise."""
    left_s = limits.call_timeout_s - spent_s
    return min(wait_s, max(0.0, left_s / 2)) if failures == 1 else wait_s
