"""How long a worker process is waited for before it counts as hanging."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a process is waited for, counted in our own looks at it: what we slept through is no silence of its."""

    look_every_s: float = 0.5
    """It is asked for a sign of life as often."""
    hangs_after_s: float = 9.5
    """On a busy machine a late answer is no hang; a stopped process is seen at the next look."""
    start_limit_s: float = 30.0
