"""Whatever fails in whatever order: every planned call is asked or said to be impossible, once, and never too early."""

import random
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.planning.agenda import Agenda, Past
from services.executor.core.planning.agenda_input import Moves
from services.executor.core.planning.best_first import best_by_comparison, best_by_score
from services.executor.core.planning.plan import Plan, PlannedCall, make_plan
from services.executor.core.planning.text_uses import TextUses
from services.executor.core.records import Winner
from tests.executor.comparing import five_phases
from tests.executor.configs import a_config, a_judge, a_preset

WINNERS: tuple[Winner, ...] = ("a", "b", "tie")


class Life:
    """Carries a plan out without a world: calls end by chance, in any order, over several lives."""

    def __init__(self, plan: Plan, seed: int, fails: float) -> None:
        self.plan = plan
        self.chance = random.Random(seed)
        self.fails = fails
        self.ended: dict[str, bool] = {}
        self.open: list[PlannedCall] = []
        self.choices: dict[tuple[str, str], list[str]] = {}
        self.scores: list[tuple[str, float]] = []
        self.judgements: list[tuple[str, str, str, str]] = []
        self.impossible: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.there = {call.input for call in plan.generation} or {item.document for item in plan.documents}

    def begin(self, *, asked: bool) -> None:
        """A new life; ``asked`` where what failed is tried again."""
        if asked:
            self.ended = {call_id: True for call_id, succeeded in self.ended.items() if succeeded}
        self.impossible.clear()
        self.asked.clear()
        self.open = []
        self.agenda = Agenda(
            self.plan,
            Past(
                ended=self.ended.__contains__,
                succeeded=lambda call_id: self.ended.get(call_id, False),
                choices=[(*key, documents) for key, documents in self.choices.items()],
                scores=self.scores,
                judgements=self.judgements,
            ),
        )
        self.texts = set(filter(self.agenda.reads, self.there))
        self.take(self.agenda.start())

    def take(self, moves: Moves) -> None:
        self.texts.difference_update(moves.unread)
        for phase, input_, documents in moves.choices:
            kept = self.choices.get((phase, input_), [])
            assert documents[: len(kept)] == kept
            self.choices[phase, input_] = documents
        for call in moves.due:
            assert call.call_id not in self.ended
            assert call.reads
            assert self.texts.issuperset(call.reads)
            self.asked[call.call_id] += 1
            self.open.append(call)
        for calls, why in moves.never:
            assert why
            for call in calls:
                self.impossible[call.call_id] += 1
                self.end(call, succeeded=False)

    def end(self, call: PlannedCall, *, succeeded: bool) -> None:
        assert call.call_id not in self.ended
        self.ended[call.call_id] = succeeded
        if succeeded and call.document and call.phase != "single_eval":
            self.there.add(call.document)
            if self.agenda.reads(call.document):
                self.texts.add(call.document)
        self.take(self.agenda.ended(call, succeeded=succeeded))

    def step(self) -> None:
        """One of the open calls ends."""
        for call in self.open:
            assert self.texts.issuperset(call.reads)
        call = self.open.pop(self.chance.randrange(len(self.open)))
        succeeded = self.chance.random() >= self.fails
        if succeeded and call.phase == "single_eval":
            mean = self.chance.randint(10, 50) / 10
            self.scores.append((call.document, mean))
            self.agenda.scored(call.document, mean)
        elif succeeded and call.order:
            winner = self.chance.choice(WINNERS)
            self.agenda.judged(call, winner)
            if call.phase == "pairwise_eval":
                self.judgements.append((call.input, *call.pair, winner))
        self.end(call, succeeded=succeeded)

    def go_on(self, steps: int) -> None:
        while self.open and steps:
            self.step()
            steps -= 1


def given_documents(chance: random.Random) -> list[dict[str, Any]]:
    names = [f"d{number}" for number in range(chance.randint(2, 7))]
    documents = [{"id": name, "text": "t", "input": chance.choice("xy")} for name in names]
    return [*documents, {"id": "last", "text": "t", "input": documents[0]["input"]}]


def plans(seed: int) -> Plan:
    chance = random.Random(seed)
    top_n = chance.choice([None, None, 2, 3])
    parts = five_phases(
        models=chance.randint(2, 4),
        judges=chance.randint(1, 2),
        combiners=chance.randint(1, 2),
        trials=chance.randint(1, 2),
        top_n=top_n,
    )
    if chance.random() < 0.3:
        parts["combine"] = None
    if top_n is None and chance.random() < 0.3:
        parts["single_eval"] = None
    if chance.random() < 0.3 and parts["single_eval"]:
        config = a_config(**{**parts, "generation": None})
        return make_plan(a_preset(**{**config, "documents": given_documents(chance)}))
    return make_plan(a_preset(docs=chance.randint(1, 3), **parts))


@given(seed=st.integers(0, 2**32), fails=st.sampled_from([0.0, 0.1, 0.4, 0.9, 1.0]))
def test_every_planned_call_ends_exactly_once_whatever_fails(seed: int, fails: float) -> None:
    plan = plans(seed)
    life = Life(plan, seed, fails)
    life.begin(asked=False)
    life.go_on(10**6)
    assert set(life.ended) == {call.call_id for call in plan.calls()}
    assert set((life.asked + life.impossible).values()) == {1}
    assert life.ended.keys() == (life.asked + life.impossible).keys()
    assert fails > 0.0 or not life.impossible
    assert not life.texts


@given(seed=st.integers(0, 2**32), stops=st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=4))
def test_a_run_cut_off_anywhere_keeps_its_choices_and_comes_to_the_same_end(
    seed: int, stops: list[tuple[int, bool]]
) -> None:
    plan = plans(seed)
    life = Life(plan, seed, 0.3)
    life.begin(asked=False)
    for steps, asked in stops:
        life.go_on(steps)
        life.begin(asked=asked)
        assert set((life.asked + life.impossible).values()) <= {1}
    life.go_on(10**6)
    assert set(life.ended) == {call.call_id for call in plan.calls()}
    life.fails = 0.0
    life.begin(asked=True)
    life.go_on(10**6)
    assert all(life.ended.values())
    assert not life.texts


def test_without_open_places_a_pair_is_asked_as_soon_as_its_two_documents_are_there() -> None:
    plan = make_plan(a_preset(docs=1, **five_phases(models=3, judges=1)))
    life = Life(plan, 0, 0.0)
    life.begin(asked=False)
    first, second, _ = plan.generation
    life.open.clear()
    life.end(first, succeeded=True)
    assert [call.phase for call in life.open] == ["single_eval"]
    life.open.clear()
    life.end(second, succeeded=True)
    assert [call.phase for call in life.open] == ["single_eval", "pairwise_eval", "pairwise_eval"]


def test_equals_take_their_places_in_the_order_of_the_plan_whatever_came_first() -> None:
    assert best_by_score(["x", "y", "z"], {"z": [3.0], "y": [3.0], "x": [1.0, 4.9]}) == ["y", "z", "x"]
    thirds = [0.1, 0.2, 0.3]
    assert best_by_score(["x", "y"], {"y": thirds, "x": thirds[::-1]}) == ["x", "y"]
    assert best_by_comparison(["x", "y", "z"], [("x", "y", "tie"), ("y", "z", "tie"), ("x", "z", "tie")]) == [*"xyz"]


def test_a_rating_decides_where_not_every_pair_was_judged_equally_often() -> None:
    # z has only beaten the strongest, and once; y has beaten the weakest very often.
    judged = (
        [("x", "y", "a")] * 6 + [("x", "z", "b")] * 2 + [("x", "z", "a")] + [("w", "y", "b")] * 9 + [("w", "y", "a")]
    )
    assert best_by_comparison(["w", "x", "y", "z"], judged) == ["z", "x", "y", "w"]
    assert best_by_comparison(["w", "x", "y"], [("x", "y", "b")]) == ["y", "x"]
    assert best_by_comparison(["w", "x"], []) == []


def test_documents_compared_in_parts_that_never_met_are_ordered_by_their_share_of_wins() -> None:
    judged = [("w", "x", "b"), ("w", "x", "b"), ("y", "z", "a"), ("y", "z", "a"), ("y", "z", "b")]
    assert best_by_comparison(["w", "x", "y", "z"], judged) == ["x", "y", "z", "w"]


def test_a_text_is_needed_as_long_as_it_has_a_use() -> None:
    uses = TextUses()
    uses.add(("x", "y"), 2)
    assert uses.drop(("x",)) == []
    assert uses.drop(("x", "y")) == ["x"]
    assert (uses.any("x"), uses.any("y")) == (False, True)
    assert uses.drop(("x", "never")) == []


def test_answers_of_different_inputs_never_compete() -> None:
    documents = [{"id": f"{name}{number}", "text": "t", "input": name} for number in (1, 2) for name in "xy"]
    plan = make_plan(
        a_preset(**{**a_config(single_eval={}), "documents": documents}, pairwise_eval={"judges": [a_judge()]})
    )
    pairs = [call.pair for item in plan.inputs for pairing in item.pairwise for call in pairing.calls]
    assert Counter(pairs) == {("x1", "x2"): 2, ("y1", "y2"): 2}
