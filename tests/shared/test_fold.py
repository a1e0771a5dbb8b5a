"""The fold is blind to order and repetition, and its sums hold at every position."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.fold import RunFold
from shared.stored import format_time, parse_time

Event = tuple[int, str, str, int, dict[str, Any]]
START_MS = 1_795_341_600_000
CALLS = ("a", "b", "c")


def event(seq: int, type_: str, **data: Any) -> Event:
    ms = START_MS + seq * 700
    return seq, type_, format_time(ms), ms, data


def folded(events: list[Event]) -> RunFold:
    fold = RunFold()
    for one in events:
        fold.apply(*one)
    return fold


def holds(stats: dict[str, Any]) -> None:
    ends = ("successful_calls", "failed_calls", "cancelled_calls", "lost_calls", "in_flight")
    for part in (stats, *stats["by_phase"], *stats["by_model"]):
        assert part["total_calls"] == sum(part[name] for name in ends)
        assert 0 <= part["unsent_attempts"] + part["uncertain_attempts"] <= part["failed_attempts"] <= part["attempts"]
        assert part["retries"] >= 0


NUMBERS = st.integers(1, 40)
CALL = st.fixed_dictionaries({"call_id": st.sampled_from(CALLS)})
PHASE = st.sampled_from(["generation", "single_eval"])
ERROR = st.fixed_dictionaries(
    {"kind": st.sampled_from(["server", "timeout", "worker_died", "cancelled"]), "message": st.text(max_size=3)}
)
ATTEMPT = {"call_id": st.sampled_from(CALLS), "attempt": st.integers(1, 3)}
NAMED = st.fixed_dictionaries(
    {
        "call_id": st.sampled_from(CALLS),
        "phase": PHASE,
        "provider": st.just("p"),
        "model": st.sampled_from(["m", "n"]),
        "label": st.text(max_size=3),
    }
)
ENDED = st.fixed_dictionaries({"call_id": st.sampled_from(CALLS), "attempts": st.integers(0, 2), "error": ERROR})
CEILING = st.fixed_dictionaries({"planned_calls": NUMBERS, "max_requests_total": st.integers(0, 9)})
MARK = st.fixed_dictionaries({"phase": PHASE, "planned_calls": NUMBERS})
SHAPES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "call_queued": NAMED,
    "call_started": NAMED,
    "call_waiting": st.fixed_dictionaries(
        {"call_id": st.sampled_from(CALLS), "waits_for": st.just("backoff"), "until": st.text(max_size=2)}
    ),
    "call_succeeded": CALL,
    "call_failed": ENDED,
    "call_cancelled": ENDED,
    "call_lost": ENDED,
    "attempt_started": st.fixed_dictionaries(ATTEMPT),
    "attempt_succeeded": st.fixed_dictionaries(
        ATTEMPT | {"duration_s": st.floats(0, 99), "input_tokens": NUMBERS, "cost_usd": st.none() | st.floats(0, 2)}
    ),
    "attempt_failed": st.fixed_dictionaries(
        ATTEMPT | {"error": ERROR, "sent": st.sampled_from(["yes", "no", "maybe"])}
    ),
    "run_planned": CEILING,
    "run_resumed": CEILING,
    "run_started": st.just({}),
    "run_finished": st.fixed_dictionaries({"status": st.sampled_from(["completed", "failed"])}),
    "phase_started": MARK,
    "phase_finished": MARK,
    "alert": st.fixed_dictionaries(
        {"alert_id": st.sampled_from(CALLS), "state": st.sampled_from(["raised", "cleared"]), "n": NUMBERS}
    ),
    "client_report": st.fixed_dictionaries({"discarded": st.just([{"reason": "full", "quantity": 2}])}),
    "my.own": st.just({}),
}


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Any mix of events about three calls, also one no sane producer would send."""
    types = draw(st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=40))
    return [event(seq, type_, **draw(SHAPES[type_])) for seq, type_ in enumerate(types, 1)]


@given(logs(), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_events_fold_to_the_same_stats(events: list[Event], chance: random.Random) -> None:
    mixed = events * 2
    chance.shuffle(mixed)
    fold = RunFold()
    for one in mixed:
        fold.apply(*one)
        if chance.random() < 0.3:
            fold.stats()
    straight = folded(events)
    assert fold.stats() == straight.stats()
    assert (fold.status, fold.reason, fold.phase) == (straight.status, straight.reason, straight.phase)


@given(logs())
def test_the_sums_hold_at_every_position(events: list[Event]) -> None:
    fold = RunFold()
    for one in events:
        assert fold.apply(*one)
        assert not fold.apply(*one)
        holds(fold.stats())


def test_a_call_that_was_never_asked_counts_in_not_started_only() -> None:
    stats = folded(
        [
            event(1, "call_queued", call_id="a", phase="single_eval"),
            event(2, "call_failed", call_id="a", attempts=0, error={"kind": "budget", "message": "spent"}),
        ]
    ).stats()
    assert (stats["not_started"], stats["failed_calls"], stats["total_calls"]) == (1, 0, 0)
    assert stats["errors"][0]["kind"] == "budget"


def test_calls_that_are_not_asked_for_an_errors_sake_neither_count_with_it_nor_take_its_words() -> None:
    events = [
        event(1, "attempt_started", call_id="a", attempt=1),
        event(
            2,
            "attempt_failed",
            call_id="a",
            attempt=1,
            error={"kind": "output_too_small", "message": "24 bytes"},
            sent="yes",
        ),
        *(
            event(
                seq,
                "call_failed",
                call_id=f"b{seq}",
                attempts=0,
                error={"kind": "output_too_small", "message": "stopped"},
            )
            for seq in range(3, 9)
        ),
    ]
    for mixed in (events, events[::-1]):
        (entry,) = folded(mixed).stats()["errors"]
        assert (entry["count"], entry["message"]) == (1, "24 bytes")


def test_an_error_stays_when_another_call_succeeds_and_is_recovered_by_its_own() -> None:
    error = {"kind": "server", "message": "500"}
    events = [
        event(1, "attempt_started", call_id="a", attempt=1),
        event(2, "attempt_failed", call_id="a", attempt=1, error=error, sent="yes"),
        event(3, "call_succeeded", call_id="b", attempts=1),
    ]
    assert folded(events).stats()["last_error"]["recovered"] is False
    stats = folded([*events, event(4, "call_succeeded", call_id="a", attempts=2)]).stats()
    assert stats["last_error"]["recovered"] is True
    assert stats["errors"] == [
        {
            "kind": "server",
            "count": 1,
            "first_seen": events[1][2],
            "last_seen": events[1][2],
            "message": "500",
            "recovered": True,
        }
    ]


def test_money_that_is_unknown_is_null_and_known_money_adds_up_to_the_nano_dollar() -> None:
    unknown = [
        event(1, "attempt_started", call_id="a", attempt=1),
        event(2, "attempt_succeeded", call_id="a", attempt=1, cost_usd=None),
    ]
    assert folded(unknown).stats()["cost_usd"] is None
    assert folded([]).stats()["cost_usd"] == 0
    priced = [
        event(seq, "attempt_succeeded", call_id=f"c{seq}", attempt=1, cost_usd=0.000000001) for seq in range(1, 11)
    ]
    stats = folded(priced).stats()
    assert (stats["cost_usd"], stats["unpriced_attempts"]) == (1e-8, 0)


def test_a_wait_is_shown_until_the_next_attempt_begins() -> None:
    events = [
        event(1, "call_started", call_id="a", label="A"),
        event(2, "attempt_started", call_id="a", attempt=1),
        event(3, "attempt_failed", call_id="a", attempt=1, error={"kind": "rate_limited"}, sent="yes"),
        event(4, "call_waiting", call_id="a", waits_for="backoff", until="2026-11-22T10:00:09Z"),
    ]
    assert folded(events).stats()["in_flight_calls"][0]["waits_for"] == "backoff"
    after = folded([*events, event(5, "attempt_started", call_id="a", attempt=2)]).stats()["in_flight_calls"][0]
    assert (after["waits_for"], after["until"], after["attempt"]) == (None, None, 2)


def test_a_resumed_run_is_running_again_and_its_calls_go_on() -> None:
    fold = folded(
        [
            event(1, "run_started"),
            event(2, "call_started", call_id="a"),
            event(3, "call_lost", call_id="a", attempts=1),
            event(4, "run_finished", status="failed"),
            event(5, "run_resumed", reason="asked"),
            event(6, "call_started", call_id="a"),
        ]
    )
    assert (fold.status, fold.reason) == ("running", "asked")
    stats = fold.stats()
    assert (stats["lost_calls"], stats["in_flight"]) == (0, 1)


def test_only_the_twenty_oldest_calls_in_flight_are_named() -> None:
    stats = folded([event(seq, "call_started", call_id=f"c{seq}", label=f"L{seq}") for seq in range(1, 31)]).stats()
    assert [call["call_id"] for call in stats["in_flight_calls"]] == [f"c{seq}" for seq in range(1, 21)]
    assert (stats["in_flight"], stats["current_call"]) == (30, "L1")


def test_more_attempts_than_the_ceiling_said_before_the_start_is_a_violation_shown() -> None:
    events = [event(1, "run_planned", planned_calls=1, max_requests_total=1)]
    events += [event(seq, "attempt_started", call_id="a", attempt=seq) for seq in (2, 3)]
    assert folded(events).stats()["violations"] == ["2 attempts, but the ceiling said before the start was 1"]


GOLDEN = sorted((Path(__file__).parent.parent / "golden" / "fold").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_logs_fold_to_their_golden_stats(path: Path) -> None:
    golden = json.loads(path.read_text())
    fold = RunFold()
    for one in golden["events"]:
        ms = parse_time(one["time"])
        assert ms is not None
        fold.apply(one["seq"], one["type"], one["time"], ms, one["data"])
    assert json.loads(json.dumps(fold.stats())) == golden["stats"]
