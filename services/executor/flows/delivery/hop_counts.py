"""What has passed each hop between the ledger and telemetry since this process began."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class HopCounts:
    """Counts of events, by hop; the sets of reasons are closed."""

    enqueued: int = 0
    """Durable in the ledger."""
    sent: int = 0
    """Put into requests, those sent again included."""
    accepted: int = 0
    duplicate: int = 0
    resent: int = 0
    """Acknowledged once, found missing at telemetry, and sent again."""
    discarded: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Requests, and other steps of a delivery, that brought nothing."""
    halted: int = 0
    """Runs telemetry takes no more events of."""
    reconciled: Counter[str] = field(default_factory=Counter)
    """Comparisons at a run's end: ``equal`` or ``different``."""
    different: dict[str, int] = field(default_factory=dict)
    """By how many events telemetry's log differs, for each run where that cannot be mended."""
