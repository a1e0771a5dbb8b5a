"""95 % means 95 %: intervals of shares, means and differences, in simulated studies with a fixed seed."""

from random import Random

import pytest

from services.executor.core.planning.planned import PlannedCall
from services.executor.core.ranking.intervals import rounds, share_interval, tails
from services.executor.core.ranking.means import mean, mean_interval, ratio_interval
from services.executor.core.results.results import results
from tests.executor.outcomes import an_outcome, makers


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert share_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert share_interval(0, 0) is None


@pytest.mark.parametrize("inputs", [4, 8, 30])
def test_the_interval_of_a_mean_covers_the_truth_also_with_few_inputs(inputs: int) -> None:
    chance, covered, studies = Random(inputs), 0, 300
    for study in range(studies):
        parts = []
        for _ in range(inputs):
            level = chance.gauss(3, 0.6)
            verdicts = [chance.gauss(level, 0.3) for _ in range(chance.randint(1, 4))]
            parts.append((sum(verdicts), float(len(verdicts))))
        found = ratio_interval(parts, seed=study)
        assert found is not None
        covered += found[0] <= 3 <= found[1]
    assert 0.88 <= covered / studies <= 0.99


def test_one_input_has_no_interval_and_nothing_has_no_mean() -> None:
    assert ratio_interval([(12.0, 3.0)], seed=1) is None
    assert ratio_interval([(12.0, 3.0), (0.0, 0.0)], seed=1) is None
    assert mean([]) is None
    assert tails(1) is None


def test_what_rests_on_too_little_says_why_its_interval_is_none_instead_of_looking_certain() -> None:
    assert mean_interval([(12.0, 3.0)], seed=1) == (None, None, "one input only")
    assert mean_interval([(12.0, 3.0), (4.0, 1.0)], seed=1) == (4.0, 4.0, "no spread seen")
    assert mean_interval([], seed=1) == (None, None, None)
    alike = results(an_outcome(docs=3, generation=makers(2), single_eval={}))
    assert {(row["low"] == row["mean"] == row["high"], row["no_interval"]) for row in alike["models"]} == {
        (True, "no spread seen")
    }
    assert alike["models"][0]["rating_no_interval"] is None, "nothing was compared"


def test_dear_fits_are_drawn_less_often_but_often_enough() -> None:
    assert rounds(3) == 400
    assert 50 <= rounds(100) < 400
    assert rounds(5000) == 50


def test_a_model_is_measured_against_the_best_on_the_same_inputs() -> None:
    def scores(call: PlannedCall) -> dict[str, float]:
        easy = int(call.input.removeprefix("doc_")) % 4
        better = "json-3" in call.document
        worse = "json-2" in call.document and call.input != "doc_1"
        value = 1 + easy + better - 0.5 * worse
        return {"Relevance": value, "Clarity": value}

    models = results(an_outcome(docs=12, generation=makers(3), single_eval={}, scores=scores))["models"]
    best, second, third = models[2], models[0], models[1]
    assert (best["behind"], best["behind_low"]) == (0.0, None)
    # Inputs differ a lot, and each model's own interval with them; on the same input the gap is always the same.
    assert best["low"] < second["high"]
    assert (second["behind"], second["behind_low"], second["behind_high"]) == (1.0, 1.0, 1.0)
    assert 1.0 < third["behind_low"] < third["behind"] <= third["behind_high"] == 1.5
