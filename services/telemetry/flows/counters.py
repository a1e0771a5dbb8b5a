"""What this process has counted since it started; ``/metrics`` shows it."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counters:
    """Plain numbers, so that counting costs nothing on the hot path."""

    accepted: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    viewers: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    """Errors of ours that were caught at a border; each is in the log, too."""
    store_failures: int = 0
