"""The table at the end of a soak: what was done, what it did, how long it took to be seen."""

from collections import Counter
from statistics import median

from tests.faults.outcome import Outcome

_COLUMNS = (
    "scenario", "runs", "faults", "kills", "events", "received", "lost", "doubled", "gaps", "calls", "repeated",
    "in flight at kills", "by hand", "asked", "log says", "blind s", "broken",
)  # fmt: skip


def table(outcomes: list[Outcome]) -> str:
    """Rows by kind of scenario, then faults by kind, then times until they were noticed."""
    kinds = list(dict.fromkeys(outcome.kind for outcome in outcomes))
    rows = [_row(kind, [outcome for outcome in outcomes if outcome.kind == kind]) for kind in kinds]
    rows.append(_row("all", outcomes))
    faults: Counter[str] = Counter()
    detected: dict[str, list[float]] = {}
    for outcome in outcomes:
        faults.update(outcome.faults)
        for name, times in outcome.detected.items():
            detected.setdefault(name, []).extend(times)
    injected: list[tuple[str, ...]] = [
        ("fault", "injected"),
        *((name, str(count)) for name, count in sorted(faults.items())),
    ]
    noticed: list[tuple[str, ...]] = [("noticed", "times", "median s", "longest s")]
    for name, times in sorted(detected.items()):
        noticed.append((name, str(len(times)), f"{median(times):.2f}", f"{max(times):.2f}"))
    return "\n\n".join([_aligned([_COLUMNS, *rows]), _aligned(injected), _aligned(noticed)])


def _row(kind: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    def total(name: str) -> str:
        return str(sum(getattr(outcome, name) for outcome in outcomes))

    bounds = f"{total('least')} to {total('most')}"
    return (
        kind,
        str(len(outcomes) * 2),
        str(sum(outcome.faults.total() for outcome in outcomes)),
        *(total(name) for name in ("kills", "events", "received", "lost", "doubled", "gaps", "calls", "repeated")),
        total("in_flight_at_kills"),
        total("resumed_by_hand"),
        total("provider_asked"),
        bounds,
        f"{max((outcome.blindness_s for outcome in outcomes), default=0.0):.1f}",
        str(sum(bool(outcome.broken) for outcome in outcomes)),
    )


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
