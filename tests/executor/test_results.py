"""Results say what came out, and name what did not."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.planning.plan import make_plan
from services.executor.core.records import Attempt, Call, Score
from services.executor.core.results.outcome import Outcome, preset_of
from services.executor.core.results.results import results
from shared.strict_json import dumps
from tests.executor.configs import a_judge, a_model, a_preset

RUN = "run-1"


def a_run(*, docs: int = 2, judges: int = 1, makers: int = 1, failed: tuple[str, ...] = (), **scores: Any) -> Outcome:
    """A run in which every call succeeded but ``failed``; ``scores`` are those of the judges, by index."""
    preset = a_preset(
        docs=docs,
        generation={"models": [a_model(temperature=number / 10) for number in range(makers)]} if makers else None,
        single_eval={"judges": [a_judge(temperature=number / 10) for number in range(judges)]},
    )
    preset = preset_of(preset.model_dump(mode="json", by_alias=True))
    plan = make_plan(preset)
    calls, found, attempts = {}, [], []
    for planned in plan.calls():
        bad = planned.call_id in failed
        error = dumps({"kind": "server", "message": "said: no", "status": 500}).decode() if bad else None
        calls[planned.call_id] = Call(
            run_id=RUN,
            call_id=planned.call_id,
            ordinal=planned.ordinal,
            item_id=planned.item_id,
            phase=planned.phase,
            label="",
            provider=planned.provider,
            model=planned.model,
            slot=planned.slot,
            round=planned.round,
            input=planned.input,
            document=planned.document,
            status="failed" if bad else "succeeded",
            error=error,
        )
        attempts.append(Attempt(run_id=RUN, call_id=planned.call_id, attempt=1, started_ms=0, cost_nano=1000))
        if planned.phase == "single_eval" and not bad:
            given = scores.get(f"judge_{planned.slot}", {"Relevance": 4, "Clarity": 2})
            found.append(
                Score(
                    run_id=RUN,
                    item_id=planned.item_id,
                    call_id=planned.call_id,
                    document=planned.document,
                    judge=planned.slot,
                    trial=planned.round,
                    scores=dumps(given).decode(),
                    reasons="{}",
                    mean=sum(given.values()) / len(given),
                )
            )
    return Outcome(preset=preset, plan=plan, calls=calls, scores=found, attempts=attempts)


def test_scores_are_shown_by_document_criterion_and_judge() -> None:
    shown = results(a_run(docs=1))
    document = shown["scores"][0]
    assert (document["mean"], document["criteria"]) == (3.0, {"Relevance": 4.0, "Clarity": 2.0})
    assert document["judgements"][0]["scores"] == {"Relevance": 4, "Clarity": 2}
    assert document["judgements"][0]["missing"] is None
    assert shown["models"][0]["mean"] == 3.0
    assert shown["models"][0]["cost_usd"] == 1e-6
    assert (shown["ranking"], [point["score"] for point in shown["pareto"]]) == ([], [3.0])


def test_a_score_that_is_missing_is_named_and_in_no_mean() -> None:
    missing = "evaluate~doc_1~writer.json~1~scripted.judge.json-2~1"
    shown = results(a_run(docs=1, judges=2, failed=(missing,), judge_0={"Relevance": 5, "Clarity": 5}))
    document = shown["scores"][0]
    assert (document["mean"], document["judged"], document["planned"]) == (5.0, 1, 2)
    assert [item["missing"] for item in document["judgements"]] == [None, "server: said: no"]


def test_a_document_that_could_not_be_made_is_named_and_counts_as_missing() -> None:
    shown = results(a_run(docs=2, failed=("generate~doc_1~writer.json~1", "evaluate~doc_1~writer.json~1~judge.json~1")))
    first, second = shown["scores"]
    assert (first["missing"], first["mean"]) == ("server: said: no", None)
    assert second["missing"] is None
    assert (shown["models"][0]["judged"], shown["models"][0]["missing"]) == (1, 1)


def test_without_any_score_there_is_no_answer_and_no_zero() -> None:
    evaluations = tuple(f"evaluate~doc_{n}~writer.json~1~judge.json~1" for n in (1, 2))
    shown = results(a_run(failed=evaluations))
    assert shown["answer"] is None
    assert shown["models"][0]["mean"] is None


def test_each_judges_distance_from_the_others_is_shown() -> None:
    strict, kind = {"Relevance": 1, "Clarity": 2}, {"Relevance": 5, "Clarity": 2}
    shown = results(a_run(judges=2, judge_0=strict, judge_1=kind))
    assert [item["criteria"]["Relevance"] for item in shown["judge_deviations"]] == [-2.0, 2.0]
    assert [item["criteria"]["Clarity"] for item in shown["judge_deviations"]] == [0.0, 0.0]
    assert [item["total"] for item in shown["judge_deviations"]] == [-1.0, 1.0]


def test_a_judge_alone_deviates_from_nobody() -> None:
    assert results(a_run(judges=1))["judge_deviations"] == []


def test_the_answer_is_one_line_and_names_the_best() -> None:
    assert results(a_run(docs=2))["answer"] == "Best: scripted/writer.json, mean 3.00 of 5 over 2 documents"
    several = results(a_run(docs=2, makers=2))["answer"]
    assert several == (
        "Best of 2 models: scripted/writer.json (temperature 0.0), mean 3.00 of 5 over 2 documents; "
        "not clearly better than scripted/writer.json (temperature 0.1)"
    )
    assert results(a_run(docs=2, makers=0))["answer"] == "Best of 2 documents: doc_1, mean 3.00 of 5"


def test_what_has_not_been_asked_yet_is_not_there_yet() -> None:
    whole = a_run(docs=1)
    begun = Outcome(preset=whole.preset, plan=whole.plan, calls={}, scores=[], attempts=[])
    document = results(begun)["scores"][0]
    assert document["missing"] == "not there yet (planned)"
    assert document["judgements"][0]["missing"] == "not there yet (planned)"


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_verdicts_came_changes_nothing(chance: Random) -> None:
    given_scores = {"judge_0": {"Relevance": 5, "Clarity": 1}, "judge_1": {"Relevance": 2, "Clarity": 4}}
    first = a_run(docs=3, judges=2, makers=2, judge_0=given_scores["judge_0"], judge_1=given_scores["judge_1"])
    scores, attempts, calls = list(first.scores), list(first.attempts), list(first.calls.items())
    for found in (scores, attempts, calls):
        chance.shuffle(found)
    shuffled = Outcome(preset=first.preset, plan=first.plan, calls=dict(calls), scores=scores, attempts=attempts)
    assert results(shuffled) == results(first)
