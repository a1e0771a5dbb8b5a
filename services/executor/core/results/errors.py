"""What went wrong in a run's attempts, also where a later attempt made up for it."""

from collections import defaultdict
from typing import Any

from services.executor.core.records import Attempt
from services.executor.core.results.outcome import Outcome

Shown = dict[str, Any]


def error_rows(outcome: Outcome) -> list[Shown]:
    """``{kind, provider, model, attempts, calls, recovered_calls, message}``, the most frequent first.

    ``recovered_calls`` succeeded in the end; ``message`` is the newest.
    """
    groups: dict[tuple[str, str, str], list[Attempt]] = defaultdict(list)
    for attempt in outcome.attempts:
        call = outcome.calls.get(attempt.call_id)
        if attempt.kind is not None and call is not None:
            groups[attempt.kind, call.provider, call.model].append(attempt)
    rows = [_row(outcome, *key, found) for key, found in sorted(groups.items())]
    return sorted(rows, key=lambda row: -row["attempts"])


def _row(outcome: Outcome, kind: str, provider: str, model: str, attempts: list[Attempt]) -> Shown:
    calls = {attempt.call_id for attempt in attempts}
    newest = max(attempts, key=lambda attempt: (attempt.started_ms, attempt.call_id, attempt.attempt))
    return {
        "kind": kind,
        "provider": provider,
        "model": model,
        "attempts": len(attempts),
        "calls": len(calls),
        "recovered_calls": sum(outcome.calls[call].status == "succeeded" for call in calls),
        "message": newest.message,
    }
