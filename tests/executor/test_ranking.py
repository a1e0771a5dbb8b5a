"""Bradley-Terry: the maximum itself, in any order of arrival, and honest about what it cannot know."""

import itertools
import math
from dataclasses import dataclass
from random import Random

import evalica
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.executor.core.ranking.ranking import Contestant, leader, rank_documents, rank_models

NAMES = ("ann", "bob", "cat", "dan", "eve")
WINNERS = {"a": evalica.Winner.X, "b": evalica.Winner.Y, "tie": evalica.Winner.Draw}


@dataclass(frozen=True)
class Met:
    a: str
    b: str
    winner: str
    input: str = "letter"


def field(names: tuple[str, ...] = NAMES, input_: str = "letter") -> list[Contestant]:
    return [Contestant(name, input_, None) for name in names]


def judged(chance: Random, strengths: dict[str, float], times: int, tie: float = 0.0) -> list[Met]:
    """Each pair so many times, by chance as their strengths (natural logarithms) say."""
    found = []
    for a, b in itertools.combinations(strengths, 2):
        share = 1 / (1 + math.exp(strengths[b] - strengths[a]))
        for _ in range(times):
            won = "a" if chance.random() < share else "b"
            found.append(Met(a, b, "tie" if chance.random() < tie else won))
    return found


def ratings(rows: list[dict[str, float]]) -> dict[object, float]:
    return {row["document"]: row["rating"] for row in rows}


@pytest.mark.parametrize("seed", range(8))
def test_ratings_are_those_of_a_reference_implementation(seed: int) -> None:
    chance = Random(seed)
    strengths = {f"d{number}": chance.gauss(0, 1.2) for number in range(3 + seed)}
    found = judged(chance, strengths, 8, tie=0.2)
    rows = rank_documents(field(tuple(strengths)), found, seed=0)
    reference = evalica.bradley_terry(
        [met.a for met in found],
        [met.b for met in found],
        [WINNERS[met.winner] for met in found],
        tolerance=1e-12,
        limit=100_000,
    ).scores
    theirs = {name: math.log(score) for name, score in reference.items()}
    middle = sum(theirs.values()) / len(theirs)
    assert all(row["bounded"] and row["connected"] for row in rows)
    assert ratings(rows) == pytest.approx({name: value - middle for name, value in theirs.items()}, abs=1e-3)


def test_three_wins_to_one_loss_are_a_difference_of_1_1_and_the_mean_is_0() -> None:
    rows = rank_documents(field(("ann", "bob")), [Met("ann", "bob", winner) for winner in ("a", "a", "b", "a")], seed=0)
    assert [row["document"] for row in rows] == ["ann", "bob"]
    assert rows[0]["rating"] - rows[1]["rating"] == pytest.approx(math.log(3), abs=1e-5)
    assert rows[0]["rating"] + rows[1]["rating"] == pytest.approx(0, abs=1e-5)
    assert (rows[0]["wins"], rows[0]["losses"], rows[0]["ties"], rows[0]["win_rate"]) == (3, 1, 0, 0.75)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(("a", "b", "tie"))), max_size=30
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_changes_not_one_bit(found: list[tuple[str, str, str]], chance: Random) -> None:
    pairs = [Met(*one) for one in found]
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    makers = [Contestant(name, "letter", {"provider": "p", "model": name, "settings": {}}) for name in NAMES]
    assert rank_documents(field(), pairs, seed=7) == rank_documents(field(), shuffled, seed=7)
    assert rank_models(makers, pairs, seed=7) == rank_models(makers, shuffled, seed=7)


def test_whose_turn_it_was_to_be_named_first_changes_nothing() -> None:
    pairs = judged(Random(2), dict.fromkeys(NAMES, 0.0), 3, tie=0.3)
    turned = [Met(met.b, met.a, {"a": "b", "b": "a", "tie": "tie"}[met.winner]) for met in pairs]
    assert rank_documents(field(), pairs, seed=1) == rank_documents(field(), turned, seed=1)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    chance, covered, rows_seen = Random(11), 0, 0
    for study in range(60):
        strengths = {name: chance.gauss(0, 1) for name in NAMES}
        middle = sum(strengths.values()) / len(strengths)
        for row in rank_documents(field(), judged(chance, strengths, 10), seed=study):
            covered += row["low"] <= strengths[row["document"]] - middle <= row["high"]
            rows_seen += 1
    assert 0.90 <= covered / rows_seen <= 0.99


def test_intervals_of_models_cover_the_truth_when_inputs_are_drawn_anew() -> None:
    chance, covered, rows_seen = Random(5), 0, 0
    names = NAMES[:3]
    for study in range(60):
        strengths = {name: chance.gauss(0, 0.8) for name in names}
        middle = sum(strengths.values()) / len(strengths)
        contestants, pairs = [], []
        for input_ in (f"input-{number}" for number in range(8)):
            for name in names:
                made_by = {"provider": "p", "model": name, "settings": {}}
                contestants.append(Contestant(f"{input_}~{name}", input_, made_by))
            met = judged(chance, strengths, 4)
            pairs += [Met(f"{input_}~{one.a}", f"{input_}~{one.b}", one.winner, input_) for one in met]
        for row in rank_models(contestants, pairs, seed=study):
            covered += row["low"] <= strengths[row["model"]] - middle <= row["high"]
            rows_seen += 1
    assert 0.90 <= covered / rows_seen <= 0.99


def test_the_same_seed_gives_the_same_intervals_and_another_gives_others() -> None:
    pairs = judged(Random(3), {"ann": 1.0, "bob": 0.0, "cat": -0.5}, 6)
    first, again, other = (rank_documents(field(), pairs, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert ratings(first) == ratings(other)
    assert [row["low"] for row in first] != [row["low"] for row in other]


def test_who_never_lost_has_no_maximum_and_the_row_says_so() -> None:
    rows = rank_documents(field(("ann", "bob", "cat")), [Met("ann", "bob", "a"), Met("bob", "cat", "a")] * 4, seed=0)
    assert [row["document"] for row in rows] == ["ann", "bob", "cat"]
    assert not any(row["bounded"] for row in rows)
    assert all(row["connected"] for row in rows)
    assert all(math.isfinite(row["rating"]) and abs(row["rating"]) < 10 for row in rows)
    assert rows[0]["low"] < rows[0]["rating"] < rows[0]["high"]
    assert rows[0]["high"] - rows[0]["low"] > 2, "nobody knows how far ahead a winner of everything is"


def test_a_graph_in_two_parts_is_said_and_has_no_leader() -> None:
    pairs = [Met("ann", "bob", "a"), Met("ann", "bob", "b"), Met("cat", "dan", "a"), Met("cat", "dan", "a")]
    rows = rank_documents(field(), pairs, seed=0)
    assert not any(row["connected"] for row in rows)
    assert {row["document"]: row["component"] for row in rows} == {"ann": 1, "bob": 1, "cat": 2, "dan": 2}
    assert {row["document"]: row["bounded"] for row in rows} == {"ann": True, "bob": True, "cat": False, "dan": False}
    for part in (1, 2):
        assert sum(row["rating"] for row in rows if row["component"] == part) == pytest.approx(0, abs=1e-5)
    assert leader(rows) is None


def test_who_was_never_compared_is_in_no_ranking() -> None:
    rows = rank_documents(field(), [Met("ann", "bob", "tie"), Met("ann", "zoe", "a")], seed=0)
    assert [row["document"] for row in rows] == ["ann", "bob"]
    assert [row["rating"] for row in rows] == [0.0, 0.0]
    assert rank_documents(field(), [], seed=0) == []


def test_equals_stand_in_the_order_of_the_plan() -> None:
    pairs = [Met(a, b, "tie") for a, b in itertools.combinations(NAMES, 2)]
    rows = rank_documents(field(), pairs, seed=0)
    assert [row["document"] for row in rows] == list(NAMES)
    assert leader(rows) == "ann"


def test_documents_of_one_model_say_nothing_about_models() -> None:
    same = {"provider": "p", "model": "m", "settings": {}}
    assert rank_models([Contestant(name, "letter", same) for name in NAMES], [Met("ann", "bob", "a")], seed=0) == []


def test_one_input_says_nothing_about_how_models_would_do_on_others() -> None:
    makers = [Contestant(name, "letter", {"provider": "p", "model": name, "settings": {}}) for name in ("ann", "bob")]
    rows = rank_models(makers, [Met("ann", "bob", winner) for winner in "aab"], seed=0)
    assert [(row["model"], row["low"], row["high"], row["win_rate_low"]) for row in rows] == [
        ("ann", None, None, None),
        ("bob", None, None, None),
    ]
