"""Retry, breaker, budget, storm: the decisions that keep a run from spending without end."""

from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.limits.breaker import Breaker
from services.executor.core.limits.budget import Budget, NotNow, Reserved, Spent
from services.executor.core.limits.retry import MAX_DEATHS, Backoff, GiveUp, Retry, Tries, decide
from services.executor.core.limits.retry_storm import RetryStorm
from shared.failures import RETRYABLE, FailureKind

BACKOFF = Backoff(base_s=0.5, longest_s=30)
MODEL = ("mylab", "m")
kinds = st.sampled_from(list(FailureKind))
chances = st.floats(0, 1, exclude_max=True)


def decision(
    kind: FailureKind, tries: Tries, *, max_attempts: int = 3, retry_after_s: float | None = None, chance: float = 0.5
) -> Retry | GiveUp:
    return decide(
        kind, tries, max_attempts=max_attempts, retry_after_s=retry_after_s, backoff=BACKOFF, chance=lambda: chance
    )


@given(st.lists(kinds, max_size=40), st.integers(1, 6), chances)
def test_no_order_of_failures_gets_more_attempts_than_allowed(
    failures: list[FailureKind], max_attempts: int, chance: float
) -> None:
    counted = deaths = 0
    for failure in failures:
        died = failure is FailureKind.WORKER_DIED
        counted, deaths = counted + (not died), deaths + died
        made = decision(failure, Tries(counted=counted, deaths=deaths), max_attempts=max_attempts, chance=chance)
        if isinstance(made, GiveUp):
            break
        assert 0 <= made.wait_s <= BACKOFF.longest_s
    assert counted <= max_attempts
    assert deaths <= MAX_DEATHS


@given(kinds)
def test_only_a_retryable_kind_is_ever_tried_again(kind: FailureKind) -> None:
    made = decision(kind, Tries(counted=1, deaths=1), max_attempts=100)
    assert isinstance(made, Retry) == (kind in RETRYABLE)


def test_the_death_of_a_worker_spends_no_attempt_but_three_lose_the_call() -> None:
    assert isinstance(decision(FailureKind.WORKER_DIED, Tries(counted=3, deaths=2), max_attempts=3), Retry)
    lost = decision(FailureKind.WORKER_DIED, Tries(counted=0, deaths=3))
    assert isinstance(lost, GiveUp)
    assert lost.lost


@given(st.integers(1, 1000), chances)
def test_the_pause_is_jittered_in_full_and_bounded(failures: int, chance: float) -> None:
    pause = BACKOFF.wait_s(failures, chance)
    assert 0 <= pause <= min(30, 0.5 * 2 ** min(failures - 1, 10))


@given(st.floats(0.1, 3600), chances)
def test_a_provider_is_never_asked_before_the_moment_it_named(retry_after_s: float, chance: float) -> None:
    made = decision(FailureKind.RATE_LIMITED, Tries(counted=1, deaths=0), retry_after_s=retry_after_s, chance=chance)
    assert isinstance(made, Retry)
    assert made.asked
    assert retry_after_s <= made.wait_s <= retry_after_s + 0.5


def test_a_pause_of_hours_is_not_waited_for() -> None:
    made = decision(FailureKind.RATE_LIMITED, Tries(counted=1, deaths=0), retry_after_s=86_400)
    assert isinstance(made, GiveUp)


def test_five_identical_failures_one_after_the_other_stop_the_model() -> None:
    breaker = Breaker(5)
    for _ in range(4):
        assert breaker.failed(MODEL, FailureKind.OUTPUT_TOO_SMALL, breaker.begin()) is None
    stopped = breaker.failed(MODEL, FailureKind.OUTPUT_TOO_SMALL, breaker.begin())
    assert stopped is not None
    assert stopped.kind is FailureKind.OUTPUT_TOO_SMALL
    assert breaker.stopped(MODEL) == stopped
    assert breaker.stopped(("mylab", "other")) is None


def test_failures_already_under_way_when_the_last_was_counted_count_once() -> None:
    breaker = Breaker(2)
    begun = [breaker.begin() for _ in range(50)]
    assert [breaker.failed(MODEL, FailureKind.SERVER, tick) for tick in begun] == [None] * 50
    assert breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is not None


def test_a_success_or_another_kind_begins_the_count_anew() -> None:
    breaker = Breaker(2)
    assert breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is None
    breaker.succeeded(MODEL)
    assert breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is None
    assert breaker.failed(MODEL, FailureKind.TIMEOUT, breaker.begin()) is None
    assert breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is None
    assert breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is not None


def test_kinds_that_say_nothing_about_the_work_neither_count_nor_end_a_streak() -> None:
    breaker = Breaker(2)
    assert breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is None
    for kind in (FailureKind.RATE_LIMITED, FailureKind.CONNECTION, FailureKind.WORKER_DIED):
        for _ in range(10):
            assert breaker.failed(MODEL, kind, breaker.begin()) is None
    assert breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is not None


def test_a_refused_key_stops_its_model_at_once() -> None:
    for kind in (FailureKind.AUTH, FailureKind.QUOTA):
        breaker = Breaker(None)
        assert breaker.failed(MODEL, kind, breaker.begin()) is not None


def test_without_a_limit_nothing_but_a_shut_door_stops_a_model() -> None:
    breaker = Breaker(None)
    assert all(breaker.failed(MODEL, FailureKind.SERVER, breaker.begin()) is None for _ in range(100))


@given(st.integers(1, 30), st.integers(0, 100), st.data())
def test_no_order_of_requests_passes_the_limits(max_requests: int, max_cost: int, data: st.DataObject) -> None:
    budget = Budget(max_requests=max_requests, max_cost_nano=max_cost)
    open_: list[Reserved] = []
    for _ in range(60):
        settles: bool = data.draw(st.booleans())
        if open_ and settles:
            settled = open_.pop(data.draw(st.integers(0, len(open_) - 1)))
            budget.settle(settled, cost_nano=data.draw(st.none() | st.integers(0, settled.cost_nano)))
            continue
        match budget.reserve(data.draw(st.integers(0, 40))):
            case Reserved() as reserved:
                open_.append(reserved)
            case NotNow():
                assert open_
            case Spent(message):
                assert not open_
                assert "limits." in message
        assert budget.requests + len(open_) <= max_requests
        assert budget.cost_nano + sum(item.cost_nano for item in open_) <= max_cost


def test_what_is_not_known_costs_what_was_reserved() -> None:
    budget = Budget(max_requests=None, max_cost_nano=100)
    reserved = budget.reserve(60)
    assert isinstance(reserved, Reserved)
    assert isinstance(budget.reserve(60), NotNow)
    budget.settle(reserved, cost_nano=None)
    assert isinstance(budget.reserve(60), Spent)


def test_what_was_reserved_for_nothing_is_given_back() -> None:
    budget = Budget(max_requests=1, max_cost_nano=None)
    reserved = budget.reserve(0)
    assert isinstance(reserved, Reserved)
    budget.release(reserved)
    assert isinstance(budget.reserve(0), Reserved)


def test_a_storm_is_raised_once_and_cleared_when_repeats_are_few_again() -> None:
    storm = RetryStorm(0.5)
    said = [storm.began(retry=True) for _ in range(30)]
    assert said.count("raised") == 1
    said = [storm.began(retry=False) for _ in range(50)]
    assert said.count("cleared") == 1
    assert RetryStorm(None).began(retry=True) is None
