"""Costs: every attempt counts, what nobody knows stays unknown, and quality is weighed against them."""

from services.executor.core.planning.planned import PlannedCall
from services.executor.core.records import Attempt
from services.executor.core.results.outcome import Outcome
from services.executor.core.results.pareto import cheapest_within, pareto
from services.executor.core.results.results import results
from tests.executor.outcomes import an_attempt, an_outcome, in_favour_of, makers, pair_judges


def a_model(name: str, mean: float | None, cost: float | None, **more: object) -> dict[str, object]:
    return {
        "provider": "p",
        "model": name,
        "settings": {},
        "mean": mean,
        "low": None,
        "high": None,
        "win_rate": None,
        "cost_per_document_usd": cost,
        **more,
    }


def spent(**parts: object) -> Outcome:
    def attempts(call: PlannedCall) -> list[Attempt]:
        first = an_attempt(call, bad=True, cost_nano=200, input_tokens=1, output_tokens=1)
        return [*first, *an_attempt(call, number=2)]

    combine = {"models": makers(1)["models"], "instructions": {"text": "Combine."}}
    values: dict[str, object] = {
        "docs": 2,
        "generation": makers(2),
        "single_eval": {"judges": pair_judges(2)},
        "pairwise_eval": {"judges": pair_judges(2)},
        "combine": combine,
        "attempts": attempts,
        **parts,
    }
    return an_outcome(**values)  # type: ignore[arg-type]


def test_failed_and_repeated_attempts_are_in_every_cut_and_the_cuts_add_up() -> None:
    outcome = spent()
    costs = results(outcome)["costs"]
    calls = outcome.plan.planned_calls
    assert costs["total"] == {
        "attempts": 2 * calls,
        "failed_attempts": calls,
        "input_tokens": 11 * calls,
        "output_tokens": 6 * calls,
        "cost_usd": 1200 * calls / 1e9,
        "unpriced_attempts": 0,
    }
    for cut in ("by_phase", "by_model", "by_input"):
        for name, total in costs["total"].items():
            assert abs(sum(row[name] for row in costs[cut]) - total) < 1e-12, (cut, name)
    assert [row["phase"] for row in costs["by_phase"]] == list(outcome.plan.phases)
    assert [(row["provider"], row["model"]) for row in costs["by_model"]] == [
        ("scripted", "writer.json"),
        ("scripted", "judge.json"),
    ]
    judging = [row for row in costs["by_phase"] if row["phase"].endswith("eval")]
    assert sum(row["attempts"] for row in costs["by_judge"]) == sum(row["attempts"] for row in judging)
    assert [row["settings"] for row in costs["by_judge"]] == [{"temperature": 0.0}, {"temperature": 0.1}]
    first = costs["by_document"][0]
    assert (first["input"], first["document"], first["attempts"]) == ("doc_1", "doc_1~scripted.writer.json~1", 2 * 3)


def test_what_nobody_knows_is_null_and_counted_never_0() -> None:
    def unpriced(call: PlannedCall) -> list[Attempt]:
        known = 1000 if call.phase == "generation" else None
        return an_attempt(call, cost_nano=known, input_tokens=None)

    costs = results(spent(attempts=unpriced))["costs"]
    generation, judging = costs["by_phase"][0], costs["by_phase"][1]
    assert (generation["cost_usd"], generation["unpriced_attempts"]) == (4e-6, 0)
    assert (judging["cost_usd"], judging["unpriced_attempts"]) == (None, 8)
    assert costs["total"]["input_tokens"] is None
    assert costs["total"]["cost_usd"] == 4e-6
    assert costs["total"]["unpriced_attempts"] == costs["total"]["attempts"] - 4


def test_a_request_that_never_left_cost_nothing_and_one_under_way_has_no_cost_yet() -> None:
    def attempts(call: PlannedCall) -> list[Attempt]:
        if call.phase == "generation":
            return an_attempt(call, bad=True, sent="no", cost_nano=None)
        return an_attempt(call, outcome=None, sent=None, cost_nano=None)

    costs = results(spent(attempts=attempts))["costs"]
    assert (costs["total"]["cost_usd"], costs["total"]["unpriced_attempts"]) == (0, 0)


def test_a_model_with_an_answer_nobody_can_price_is_beside_the_front_not_on_it() -> None:
    def attempts(call: PlannedCall) -> list[Attempt]:
        answered = an_attempt(call, cost_nano=None if call.slot == 1 and call.phase == "generation" else 1000)
        lost = an_attempt(call, number=2, bad=True, cost_nano=None, sent="maybe")
        return [*answered, *lost]

    shown = results(an_outcome(generation=makers(2), single_eval={}, attempts=attempts))
    known, unknown = shown["models"]
    assert (known["cost_per_document_usd"], known["unpriced_attempts"]) == (1e-6, 2)
    assert unknown["cost_per_document_usd"] is None
    assert [point["settings"] for point in shown["pareto"]] == [{"temperature": 0.0}]
    assert [point["settings"] for point in shown["pareto_unknown"]] == [{"temperature": 0.1}]
    assert "at least $0.000001 a document" in shown["cheapest_within"]["line"]


def test_the_front_is_what_no_other_model_beats_in_both_cheapest_first() -> None:
    models = [
        a_model("good", 4.5, 0.03),
        a_model("cheap", 3.0, 0.001),
        a_model("beaten", 2.9, 0.002),
        a_model("middle", 4.0, 0.01),
        a_model("equal", 4.0, 0.01),
        a_model("dearer", 4.0, 0.02),
        a_model("unknown", 4.9, None),
        a_model("unjudged", None, 0.0001),
    ]
    front, unknown = pareto(models)
    assert [point["model"] for point in front] == ["cheap", "middle", "equal", "good"]
    assert [point["model"] for point in unknown] == ["unknown"]


def test_the_cheapest_good_enough_model_is_one_line() -> None:
    models = [a_model("best", 4.5, 0.03), a_model("near", 4.3, 0.004), a_model("far", 3.9, 0.001)]
    found = cheapest_within(models, 0.25)
    assert found is not None
    assert (found["within"], found["model"]["model"], found["best"]["model"]) == (0.25, "near", "best")
    assert found["line"] == (
        "Cheapest within 0.25 of the best: p/near, mean 4.30 of 5, $0.004 a document; "
        "the best is p/best, mean 4.50 of 5, $0.03 a document"
    )
    wide, narrow = cheapest_within(models, 0.6), cheapest_within(models, 0.0)
    assert wide is not None
    assert narrow is not None
    assert (wide["model"]["model"], narrow["model"]["model"]) == ("far", "best")
    assert narrow["line"].startswith("Cheapest within 0 of the best: the best itself, p/best")
    nobody = cheapest_within([a_model("best", 4.5, None)], None)
    assert nobody is not None
    assert nobody["model"] is None
    assert "cost unknown" in nobody["line"]
    assert cheapest_within([a_model("x", None, 1.0)], 1) is None


def test_where_nothing_was_scored_the_share_of_wins_is_the_quality() -> None:
    shown = results(
        an_outcome(
            docs=3,
            generation=makers(2),
            pairwise_eval={"judges": pair_judges(1)},
            verdict=in_favour_of(lambda document: float("json-2" in document)),
        )
    )
    assert [(point["score"], point["by"]) for point in shown["pareto"]] == [(1.0, "win_rate")]
    assert shown["cheapest_within"]["within"] == 0.05
    assert shown["models"][1]["win_rate_low"] == 1.0


def test_an_error_a_later_attempt_made_up_for_is_still_named() -> None:
    errors = results(spent())["errors"]
    assert [(row["kind"], row["model"]) for row in errors] == [("server", "judge.json"), ("server", "writer.json")]
    assert all(row["recovered_calls"] == row["calls"] == row["attempts"] for row in errors)
