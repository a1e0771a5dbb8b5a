"""What this process has counted since it started; ``/metrics`` shows it."""

from collections import Counter
from dataclasses import dataclass, field

HOPS = ("decode", "store", "fold", "flush", "render", "send", "read")
"""Where an event can meet a fault of ours on its way from a request to a viewer."""


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
    hop_faults: Counter[str] = field(default_factory=Counter)
    """The same by the hop of the hub where they happened: ``HOPS``."""
    store_failures: int = 0
    storage_outages: int = 0
    """How often it came to events not being stored for a while."""
    stored: int = 0
    fanned_out_before: int = 0
    """Event frames handed to viewers of runs that are not in memory any more."""
    unavailable: Counter[str] = field(default_factory=Counter)
    """Requests with events that were told to come back, by the problem's type."""
    receipts: Counter[str] = field(default_factory=Counter)
    violations: int = 0
    """Times something would have been sent under a wrong id, and was not."""
    unreadable: int = 0
    """Stored events that cannot be read any more."""

    def fault(self, hop: str) -> None:
        """An error of ours was caught at this hop."""
        self.faults += 1
        self.hop_faults[hop] += 1
