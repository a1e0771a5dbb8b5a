"""Comparisons in results: rankings, winners, position bias, agreement, and what is said where something is missing."""

import pytest

from services.executor.core.planning.planned import PlannedCall
from services.executor.core.records import Winner
from services.executor.core.results.outcome import Outcome
from services.executor.core.results.results import results
from tests.executor.outcomes import an_outcome, in_favour_of, makers, pair_judges


def by_maker(document: str) -> float:
    """The higher the generator's number, the better; what combine makes is best of all."""
    return 99 if "combined" in document else sum(document.encode())


def compared(**parts: object) -> Outcome:
    values: dict[str, object] = {
        "docs": 2,
        "generation": makers(3),
        "pairwise_eval": {"judges": pair_judges(2)},
        "verdict": in_favour_of(by_maker),
        **parts,
    }
    return an_outcome(**values)  # type: ignore[arg-type]


def first_shown(call: PlannedCall) -> Winner:
    return "a" if call.order == "ab" else "b"


def test_each_input_has_a_ranking_of_its_own_and_no_document_meets_one_of_another() -> None:
    shown = results(compared())
    assert [row["input"] for row in shown["ranking"]] == ["doc_1"] * 3 + ["doc_2"] * 3
    for name in ("doc_1", "doc_2"):
        assert sum(row["rating"] for row in shown["ranking"] if row["input"] == name) == pytest.approx(0, abs=1e-4)
    inputs = {row["document"]: row["input"] for row in shown["scores"]}
    assert all(inputs[pair["a"]] == inputs[pair["b"]] == pair["input"] for pair in shown["pairs"])
    assert len(shown["pairs"]) == 2 * 3 * 2 * 2


def test_a_comparison_across_inputs_would_count_for_nothing_and_be_named() -> None:
    whole = compared()
    stray = next(pair for pair in whole.pairs if pair.input == "doc_1")
    other = next(pair for pair in whole.pairs if pair.input == "doc_2")
    crossed = type(stray)(**{name: getattr(stray, name) for name in stray.__struct_fields__} | {"b": other.b})
    kept = [crossed if pair is stray else pair for pair in whole.pairs]
    outcome = Outcome(
        preset=whole.preset, plan=whole.plan, calls=whole.calls, scores=[], attempts=[], pairs=kept, choices=[]
    )
    shown = results(outcome)
    assert sum(row["wins"] + row["losses"] + row["ties"] for row in shown["ranking"]) == 2 * (len(whole.pairs) - 1)
    unplanned = [cell for row in shown["plan"] for cell in row["unplanned"]]
    assert [cell["call_id"] for cell in unplanned] == [stray.call_id]


def test_models_are_ranked_over_all_inputs_with_their_share_of_wins() -> None:
    shown = results(compared())
    temperatures = [model["settings"]["temperature"] for model in shown["models"]]
    ratings = [model["rating"] for model in shown["models"]]
    assert sorted(ratings) == ratings or sorted(ratings, reverse=True) == ratings
    assert temperatures == [0.0, 0.1, 0.2]
    assert sorted(model["win_rate"] for model in shown["models"]) == [0.0, 0.5, 1.0]
    assert shown["answer"].startswith("Best of 3 models: scripted/writer.json (temperature ")
    assert "wins 100% of its comparisons over 2 documents" in shown["answer"]


def test_a_judge_that_always_says_a_is_reported_and_moves_no_ranking() -> None:
    shown = results(compared(pairwise_eval={"judges": pair_judges(1)}, verdict=first_shown))
    bias = shown["position_bias"]
    assert bias["overall"]["first_share"] == 1.0
    assert bias["judges"][0]["biased"]
    assert bias["judges"][0]["inconsistent"] == bias["judges"][0]["both_orders"] == 6
    assert bias["judges"][0]["low"] > 0.7
    assert {row["rating"] for row in shown["ranking"]} == {0.0}


def test_a_consistent_judge_has_no_position_bias() -> None:
    bias = results(compared(docs=3))["position_bias"]
    assert (bias["overall"]["first_share"], bias["overall"]["biased"], bias["overall"]["inconsistent"]) == (
        0.5,
        False,
        0,
    )


def test_agreement_is_with_the_majority_of_the_others_and_between_any_two() -> None:
    def verdict(call: PlannedCall) -> Winner:
        return "b" if call.slot == 2 else "a"

    found = results(compared(pairwise_eval={"judges": pair_judges(3)}, verdict=verdict))["agreement"]
    # To the two that agree, the other two cancel out: there is no majority among them.
    assert [(row["share"], row["compared"]) for row in found["judges"]] == [(None, 0), (None, 0), (0.0, 6)]
    assert [(row["share"], row["compared"]) for row in found["between"]] == [(1.0, 6), (0.0, 6), (0.0, 6)]
    assert results(compared(pairwise_eval={"judges": pair_judges(1)}))["agreement"] == {"judges": [], "between": []}


def test_the_comparison_after_combining_decides_then_that_of_the_originals_then_the_score() -> None:
    combine = {"models": makers(1)["models"], "instructions": {"text": "Combine."}}
    evaluation = {"judges": pair_judges(1)}
    whole = results(compared(combine=combine, verdict=in_favour_of(strength)))
    assert [(item["by"], "combined" in item["document"]) for item in whole["winners"]] == [("post_combine", True)] * 2
    assert [item["winner"] for item in whole["post_combine"]] == [item["document"] for item in whole["winners"]]
    best = whole["post_combine"][0]["ranking"][0]
    assert best["combined"]
    assert best["generator"]["model"] == "writer.json"

    def no_after(call: PlannedCall) -> bool:
        return call.phase == "post_combine_eval"

    originals = results(compared(combine=combine, failed=no_after))
    assert [item["by"] for item in originals["winners"]] == ["pairwise"] * 2
    assert [item["winner"] for item in originals["post_combine"]] == [None, None]

    def no_pairs(call: PlannedCall) -> bool:
        return call.order is not None

    scored = results(compared(single_eval=evaluation, failed=no_pairs))
    assert [(item["by"], len(item["tied"])) for item in scored["winners"]] == [("score", 2)] * 2
    nothing = results(compared(failed=no_pairs))
    assert [(item["document"], item["by"]) for item in nothing["winners"]] == [(None, None)] * 2


def strength(document: str) -> float:
    return 1e6 if "combined" in document else sum(document.encode())


def test_where_all_judges_failed_there_is_no_score_and_no_place_and_both_are_said() -> None:
    """F29: missing is never a 0, in no mean, in no ranking, and flagged."""
    lost = "doc_1~writer.json~1"

    def failed(call: PlannedCall) -> bool:
        return call.document == lost and call.phase == "single_eval"

    outcome = an_outcome(docs=3, generation=makers(1), single_eval={"judges": pair_judges(2)}, failed=failed)
    shown = results(outcome)
    row = shown["scores"][0]
    assert (row["document"], row["mean"], row["judged"], row["missing"]) == (lost, None, 0, None)
    assert row["no_score"] == "no score: none of 2 verdicts is there (server)"
    assert set(row["criteria"].values()) == {None}
    model = shown["models"][0]
    assert (model["mean"], model["judged"], model["missing"]) == (4.0, 2, 1)
    assert [item["document"] for item in shown["winners"]] == [None, "doc_2~writer.json~1", "doc_3~writer.json~1"]
    missing = {phase["phase"]: [item["reason"] for item in phase["missing"]] for phase in shown["plan"]}
    assert missing == {"generation": [], "single_eval": ["server: said: no"] * 2}


def test_a_model_nobody_could_judge_is_on_no_front_and_never_the_answer() -> None:
    def failed(call: PlannedCall) -> bool:
        return call.phase == "single_eval"

    shown = results(an_outcome(generation=makers(2), single_eval={}, failed=failed))
    assert (shown["answer"], shown["pareto"], shown["pareto_unknown"], shown["cheapest_within"]) == (None, [], [], None)
    assert [model["mean"] for model in shown["models"]] == [None, None]


def test_who_was_not_among_the_best_or_could_not_be_made_is_unranked_with_the_reason() -> None:
    parts = {"single_eval": {}, "pairwise_eval": {"judges": pair_judges(1), "top_n": 2}, "docs": 1}
    shown = results(compared(**parts))
    assert len(shown["ranking"]) == 2
    assert [item["reason"] for item in shown["unranked"]] == ["not among the best 2 by score"]

    lost = shown["scores"][0]["document"]

    def failed(call: PlannedCall) -> bool:
        return lost in (call.document, *call.shown)

    gone = results(compared(docs=1, failed=failed))
    assert [(item["document"], item["reason"]) for item in gone["unranked"]] == [
        (lost, "there is no document: server: said: no")
    ]


def test_a_disconnected_graph_is_said_and_the_comparison_names_no_winner() -> None:
    def failed(call: PlannedCall) -> bool:
        if call.order is None:
            return False
        first, second = sorted(int(name.removeprefix("doc_")) for name in call.pair)
        return (first, second) not in {(1, 2), (3, 4)}

    documents = [{"id": f"doc_{number}", "text": "Text.", "input": "letter"} for number in range(1, 5)]
    shown = results(
        an_outcome(
            documents=documents,
            single_eval={},
            pairwise_eval={"judges": pair_judges(1)},
            failed=failed,
            verdict=in_favour_of(lambda name: float(name[-1])),
        )
    )
    assert [row["connected"] for row in shown["ranking"]] == [False] * 4
    assert [row["component"] for row in shown["ranking"]] == [1, 1, 2, 2]
    assert shown["winners"][0]["by"] == "score"


def test_a_run_that_has_just_begun_has_results_that_say_so() -> None:
    whole = compared(single_eval={}, combine={"models": makers(1)["models"], "instructions": {"text": "Combine."}})
    begun = Outcome(preset=whole.preset, plan=whole.plan, calls={}, scores=[], attempts=[])
    shown = results(begun)
    assert (shown["ranking"], shown["pairs"], shown["answer"]) == ([], [], None)
    assert shown["position_bias"] == {"overall": None, "judges": []}
    assert [row["succeeded"] for row in shown["plan"]] == [0] * 5
    assert {item["reason"] for row in shown["plan"] for item in row["missing"]} == {"not there yet (planned)"}
    assert shown["costs"]["total"]["cost_usd"] == 0


def test_documents_that_were_there_already_compete_under_who_made_them() -> None:
    documents = [
        {
            "id": f"{input_}-{model}",
            "text": "Text.",
            "input": input_,
            "generator": {"provider": "p", "model": model, "settings": {"temperature": 0.5}},
        }
        for input_ in ("letter", "memo")
        for model in ("one", "two")
    ]
    shown = results(
        an_outcome(
            documents=documents,
            single_eval={},
            pairwise_eval={"judges": pair_judges(1)},
            verdict=in_favour_of(lambda name: float("two" in name)),
        )
    )
    assert [(model["model"], model["win_rate"], model["mean"]) for model in shown["models"]] == [
        ("one", 0.0, 4.0),
        ("two", 1.0, 4.0),
    ]
    assert [(model["cost_usd"], model["cost_per_document_usd"]) for model in shown["models"]] == [(None, None)] * 2
    assert [point["model"] for point in shown["pareto_unknown"]] == ["one", "two"]
    assert [(item["input"], item["document"]) for item in shown["winners"]] == [
        ("letter", "letter-two"),
        ("memo", "memo-two"),
    ]


def test_where_no_score_could_be_read_the_comparisons_decide_and_their_documents_are_counted() -> None:
    def failed(call: PlannedCall) -> bool:
        return call.phase == "single_eval"

    shown = results(compared(single_eval={}, failed=failed))
    assert "over 2 documents" in shown["answer"]
    assert [(model["mean"], model["judged"], model["missing"]) for model in shown["models"]] == [(None, 2, 0)] * 3
    assert all(row["no_score"].startswith("no score: none of 1 verdicts") for row in shown["scores"])
