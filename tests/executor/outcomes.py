"""Outcomes for tests, without a run: every planned call with its end, every verdict as the test says it was."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.executor.core.planning.plan import Plan, PlannedCall, make_plan
from services.executor.core.records import Attempt, Call, Choice, Pair, Score, Winner
from services.executor.core.results.outcome import Outcome, preset_of
from shared.strict_json import dumps
from tests.executor.configs import a_judge, a_model, a_preset

RUN = "run-1"
COST_NANO = 1000

Scores = Callable[[PlannedCall], Mapping[str, float]]
Verdict = Callable[[PlannedCall], Winner]


def makers(count: int) -> dict[str, Any]:
    """So many generators."""
    return {"models": [a_model(temperature=number / 10) for number in range(count)]}


def pair_judges(count: int) -> list[dict[str, Any]]:
    """So many judges."""
    return [a_judge(temperature=number / 10) for number in range(count)]


def a_four(_call: PlannedCall) -> Mapping[str, float]:
    """Everything is a four."""
    return {"Relevance": 4, "Clarity": 4}


def a_tie(_call: PlannedCall) -> Winner:
    """Nobody wins."""
    return "tie"


def in_favour_of(strength: Callable[[str], float]) -> Verdict:
    """The stronger document wins, whatever it is shown as."""

    def verdict(call: PlannedCall) -> Winner:
        first, second = (strength(document) for document in call.pair)
        return "tie" if first == second else "a" if first > second else "b"

    return verdict


def an_outcome(
    *,
    scores: Scores = a_four,
    verdict: Verdict = a_tie,
    failed: Callable[[PlannedCall], bool] = lambda _call: False,
    attempts: Callable[[PlannedCall], list[Attempt]] | None = None,
    **parts: Any,
) -> Outcome:
    """What came of a run with this preset; of a failed call nothing did. The two originals of combine are the first."""
    preset = preset_of(a_preset(**parts).model_dump(mode="json", by_alias=True))
    plan = make_plan(preset)
    bound = {call.call_id: call for call in _comparisons(plan)}
    calls: dict[str, Call] = {}
    found: list[Score] = []
    pairs: list[Pair] = []
    made: list[Attempt] = []
    for planned in plan.calls():
        call = bound.get(planned.call_id, planned)
        bad = failed(call)
        calls[call.call_id] = _call(call, bad=bad)
        made += an_attempt(call, bad=bad) if attempts is None else attempts(call)
        if bad:
            continue
        if call.phase == "single_eval":
            found.append(_score(call, scores(call)))
        elif call.order is not None:
            pairs.append(_pair(call, verdict(call)))
    return Outcome(
        preset=preset, plan=plan, calls=calls, scores=found, attempts=made, pairs=pairs, choices=_choices(plan)
    )


def an_attempt(call: PlannedCall, *, bad: bool = False, number: int = 1, **more: Any) -> list[Attempt]:
    """One attempt, with a known cost."""
    values: dict[str, Any] = {
        "outcome": "failed" if bad else "succeeded",
        "kind": "server" if bad else None,
        "sent": "yes",
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_nano": COST_NANO,
        **more,
    }
    return [Attempt(run_id=RUN, call_id=call.call_id, attempt=number, started_ms=0, **values)]


def _comparisons(plan: Plan) -> Iterator[PlannedCall]:
    for item in plan.inputs:
        places = item.documents[: item.open_places] if item.open_places else item.documents
        for contestants, pairings in (
            (places, item.pairwise),
            ((*item.documents[:2], *item.combined), item.post_combine),
        ):
            for pairing in pairings:
                for call in pairing.calls:
                    yield call.comparing(contestants[pairing.first], contestants[pairing.second])


def _choices(plan: Plan) -> list[Choice]:
    return [
        Choice(run_id=RUN, phase="pairwise_eval", input=item.input, documents=dumps(chosen).decode())
        for item in plan.inputs
        if item.open_places
        for chosen in [list(item.documents[: item.open_places])]
    ]


def _call(planned: PlannedCall, *, bad: bool) -> Call:
    error = dumps({"kind": "server", "message": "said: no", "status": 500}).decode() if bad else None
    names = (
        "call_id",
        "ordinal",
        "item_id",
        "phase",
        "label",
        "provider",
        "model",
        "slot",
        "round",
        "input",
        "document",
    )
    named = {name: getattr(planned, name) for name in names}
    return Call(run_id=RUN, **named, status="failed" if bad else "succeeded", attempts=1, error=error)


def _score(call: PlannedCall, given: Mapping[str, float]) -> Score:
    return Score(
        run_id=RUN,
        item_id=call.item_id,
        call_id=call.call_id,
        document=call.document,
        judge=call.slot,
        trial=call.round,
        scores=dumps(dict(given)).decode(),
        reasons=dumps(dict.fromkeys(given, "because")).decode(),
        mean=sum(given.values()) / len(given),
    )


def _pair(call: PlannedCall, winner: Winner) -> Pair:
    a, b = call.pair
    assert call.order is not None
    return Pair(
        run_id=RUN,
        item_id=call.item_id,
        call_id=call.call_id,
        phase=call.phase,
        input=call.input,
        a=a,
        b=b,
        order=call.order,
        winner=winner,
        judge=call.slot,
        trial=call.round,
        reason="because",
    )
