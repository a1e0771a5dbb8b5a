"""What was planned against what came: every missing cell with its reason, every cell nobody planned."""

from collections.abc import Iterator
from typing import Any

from services.executor.core.results.outcome import Outcome

Shown = dict[str, Any]


def plan_rows(outcome: Outcome) -> list[Shown]:
    """``{phase, planned, succeeded, missing: [{call_id, label, reason}], unplanned: [...]}`` of each planned phase.

    A phase nobody planned is listed too if something came of it.
    """
    rows: dict[str, Shown] = {phase: _row(phase, planned) for phase, planned in outcome.plan.phases.items()}
    for call_id, planned in outcome.planned_calls.items():
        reason = outcome.why(call_id)
        if reason is None:
            rows[planned.phase]["succeeded"] += 1
        else:
            call = outcome.calls.get(call_id)
            label = call.label if call is not None and call.label else planned.label
            rows[planned.phase]["missing"].append({"call_id": call_id, "label": label, "reason": reason})
    for phase, cell in _unplanned(outcome):
        rows.setdefault(phase, _row(phase, 0))["unplanned"].append(cell)
    return list(rows.values())


def _row(phase: str, planned: int) -> Shown:
    return {"phase": phase, "planned": planned, "succeeded": 0, "missing": [], "unplanned": []}


def _unplanned(outcome: Outcome) -> Iterator[tuple[str, Shown]]:
    for call_id, call in sorted(outcome.calls.items()):
        if call_id not in outcome.planned_calls:
            yield call.phase, {"call_id": call_id, "label": call.label, "reason": f"a call ({call.status})"}
    counted = {pair.item_id for pair in outcome.compared}
    for pair in sorted(outcome.pairs, key=lambda pair: pair.item_id):
        if pair.item_id not in counted:
            what = f"{pair.a} and {pair.b} of {pair.input}"
            yield pair.phase, {"call_id": pair.call_id, "label": what, "reason": "a comparison, in no number"}
    for score in sorted(outcome.scores, key=lambda score: score.item_id):
        if score.call_id not in outcome.planned_calls:
            yield "single_eval", {"call_id": score.call_id, "label": score.document, "reason": "a score, in no number"}
