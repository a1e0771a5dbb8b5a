"""A provider that says "too many": left alone as it asked, then half as many at once, then one more each round."""

from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.limits.throttle import FORGET_AFTER_S, Throttle


def refused(throttle: Throttle, *, began_s: float, now_s: float, in_use: int) -> int | None:
    throttle.refused(began_s, now_s, in_use=in_use, why="429 rate_limited")
    return throttle.most(now_s)


def test_who_was_never_refused_is_not_held_back() -> None:
    throttle = Throttle()
    throttle.answered(1.0)
    assert throttle.most(2.0) is None


def test_a_refusal_halves_and_a_round_trip_halves_once() -> None:
    throttle = Throttle()
    assert refused(throttle, began_s=1.0, now_s=2.0, in_use=64) == 32
    for _ in range(63):
        assert refused(throttle, began_s=1.5, now_s=2.1, in_use=60) == 32
    assert refused(throttle, began_s=2.5, now_s=3.0, in_use=32) == 16
    assert throttle.refusals == 65


def test_one_refusal_among_answers_concerns_its_own_call_and_three_in_a_row_everybody() -> None:
    throttle = Throttle()
    throttle.answered(0.5)
    for began_s in (1.0, 2.0, 3.0, 4.0):
        assert throttle.refused(began_s, began_s + 0.5, in_use=64, why="429 rate_limited") is False
        assert throttle.refused(began_s, began_s + 0.6, in_use=64, why="429 rate_limited") is False
        throttle.answered(began_s)
    assert throttle.most(5.0) is None
    said = [throttle.refused(5.0, 6.0, in_use=64, why="429 rate_limited") for _ in range(5)]
    assert said == [False, False, True, True, True]
    assert throttle.most(6.0) == 32
    assert throttle.refusals == 13


def test_it_is_asked_one_at_a_time_at_least() -> None:
    throttle = Throttle()
    for number in range(10):
        assert refused(throttle, began_s=number + 0.5, now_s=number + 1.0, in_use=1) == 1


def test_every_round_of_answers_lets_one_more_in() -> None:
    throttle = Throttle()
    refused(throttle, began_s=1.0, now_s=2.0, in_use=8)
    grown = []
    for _ in range(4 + 5 + 6):
        throttle.answered(3.0)
        grown.append(throttle.most(3.0))
    assert grown == [4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 7]


def test_answers_to_what_was_under_way_at_the_refusal_say_nothing() -> None:
    throttle = Throttle()
    refused(throttle, began_s=1.0, now_s=2.0, in_use=2)
    for _ in range(50):
        throttle.answered(2.0)
    assert throttle.most(2.5) == 1


def test_a_long_silence_forgets_the_refusal_but_a_long_request_does_not() -> None:
    throttle = Throttle()
    refused(throttle, began_s=1.0, now_s=2.0, in_use=8)
    throttle.is_idle(3.0)
    throttle.is_asked()
    assert throttle.most(3.0 + 2 * FORGET_AFTER_S) == 4
    throttle.is_idle(1000.0)
    assert throttle.most(999.0 + FORGET_AFTER_S) == 4
    assert throttle.most(1000.0 + FORGET_AFTER_S) is None


def test_the_later_of_two_moments_holds() -> None:
    throttle = Throttle()
    throttle.close(10.0, "429 rate_limited")
    throttle.close(5.0, "503 server")
    assert (throttle.closed_until_s, throttle.why) == (10.0, "429 rate_limited")


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 64)), max_size=200))
def test_whatever_comes_it_is_never_nothing_and_never_more_than_the_answers_allow(
    ends: list[tuple[bool, int]],
) -> None:
    throttle, answers = Throttle(), 0
    for now_s, (ok, in_use) in enumerate(ends, 1):
        if ok:
            answers += 1
            throttle.answered(now_s - 0.5)
        else:
            refused(throttle, began_s=now_s - 0.5, now_s=now_s, in_use=in_use)
        most = throttle.most(now_s)
        assert most is None or 1 <= most <= 32 + answers
