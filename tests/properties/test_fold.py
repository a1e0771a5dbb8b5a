"""The fold of any log the contract lets in: blind to order and repetition, its sums true at every position."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events import DATA
from shared.fold import RunFold
from shared.status import FINAL
from tests.properties.any_event import SHAPES, Event, logs

ENDS = ("successful_calls", "failed_calls", "cancelled_calls", "lost_calls", "in_flight")


def told(fold: RunFold) -> tuple[Any, ...]:
    return fold.status, fold.reason, fold.phase, fold.ended, fold.stats()


def folded(events: list[Event]) -> RunFold:
    fold = RunFold()
    for event in events:
        fold.apply(*event)
    return fold


def test_no_type_of_the_contract_is_left_out() -> None:
    assert set(DATA) < set(SHAPES)
    assert {"run_resumed", "run_interrupted", "client_report"} < set(SHAPES)


@given(logs(), st.randoms(use_true_random=False))
def test_order_repetition_and_looking_change_nothing(events: list[Event], chance: random.Random) -> None:
    mixed = events * 2
    chance.shuffle(mixed)
    fold = RunFold()
    for event in mixed:
        fold.apply(*event)
        if chance.random() < 0.2:
            fold.stats()
    assert told(fold) == told(folded(events))


@given(logs(), st.integers(0, 40))
def test_a_fold_that_went_on_after_it_was_read_is_the_fold_of_the_whole(events: list[Event], cut: int) -> None:
    fold = folded(events[:cut])
    fold.stats()
    for event in events[cut:]:
        fold.apply(*event)
    assert told(fold) == told(folded(events))


@given(logs(most=25))
@settings(max_examples=50)
def test_the_sums_hold_and_an_event_counts_once_at_every_position(events: list[Event]) -> None:
    fold = RunFold()
    for event in events:
        assert fold.apply(*event)
        assert not fold.apply(*event)
        stats = fold.stats()
        for part in (stats, *stats["by_phase"], *stats["by_model"]):
            assert part["total_calls"] == sum(part[name] for name in ENDS)
            unsure = part["unsent_attempts"] + part["uncertain_attempts"]
            assert 0 <= unsure <= part["failed_attempts"] <= part["attempts"]
            assert part["retries"] >= 0
        assert fold.ended is (fold.status in FINAL)


@given(logs())
def test_only_a_resume_takes_a_final_status_back(events: list[Event]) -> None:
    """The producer's word with the highest seq wins, as telemetry lets nothing but a resume follow an end."""
    moves = [event for event in events if event[1].startswith("run_")]
    if moves and moves[-1][1] == "run_finished":
        assert folded(events).status == moves[-1][4]["status"]
    if moves and moves[-1][1] == "run_resumed":
        assert not folded(events).ended


@given(logs())
def test_what_producers_had_to_drop_adds_up(events: list[Event]) -> None:
    reported = [one["quantity"] for event in events if event[1] == "client_report" for one in event[4]["discarded"]]
    assert folded(events).stats()["discarded"] == sum(reported)
