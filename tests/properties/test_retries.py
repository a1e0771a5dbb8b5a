"""Whatever providers do, decisions to retry never spend more than the budget: requests, money, attempts of a call.

A whole run is simulated with nothing but the pure decisions: calls in any order, every kind of failure, costs that are
known, unknown, or never settled, and resumes with other limits.
"""

from dataclasses import dataclass, field
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.limits.budget import Budget, NotNow, Reserved, Spent
from services.executor.core.limits.retry import LONGEST_RETRY_AFTER_S, MAX_DEATHS, Backoff, GiveUp, Retry, Tries, decide
from shared.failures import RETRYABLE, FailureKind

KINDS = [None, *FailureKind]
"""None is a success."""


@dataclass(frozen=True)
class Limits:
    """What a run may spend."""

    max_requests: int | None
    max_cost_nano: int | None

    def budget(self, requests: int, cost_nano: int) -> Budget:
        return Budget(
            max_requests=self.max_requests,
            max_cost_nano=self.max_cost_nano,
            requests=requests,
            cost_nano=cost_nano,
        )


@dataclass
class Call:
    """What one call has used up."""

    attempts: int = 0
    counted: int = 0
    deaths: int = 0
    over: bool = False
    spent: bool = False


@dataclass
class Run:
    """Calls that share a budget; a provider that counts what it is asked."""

    limits: Limits
    max_attempts: int
    chance: Random
    calls: list[Call]
    asked: int = 0
    paid_nano: int = 0
    open: list[tuple[Call, Reserved]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.budget = self.limits.budget(self.asked, self.paid_nano)

    def go(self) -> None:
        waiting = list(self.calls)
        for _ in range(100_000):
            waiting = [call for call in waiting if not call.over]
            begun = [call for call, _ in self.open]
            free = [call for call in waiting if call not in begun]
            if not waiting:
                return
            if free and self.chance.random() < 0.6:
                self._begin(self.chance.choice(free))
            elif self.open:
                self._end(self.open.pop(self.chance.randrange(len(self.open))))
            self.holds()
        raise AssertionError("the calls never come to an end")

    def _begin(self, call: Call) -> None:
        match self.budget.reserve(self.chance.randrange(0, 50)):
            case Reserved() as reserved:
                if self.chance.random() < 0.1:
                    self.budget.release(reserved)
                    return
                call.attempts += 1
                self.asked += 1
                self.open.append((call, reserved))
            case NotNow():
                assert self.open, "told to wait for nothing"
            case Spent(message):
                assert message
                assert not self.open, "given up while what is open may turn out cheaper"
                call.over = call.spent = True

    def _end(self, ended: tuple[Call, Reserved]) -> None:
        call, reserved = ended
        cost = self.chance.choice([None, self.chance.randint(0, reserved.cost_nano)])
        self.budget.settle(reserved, cost_nano=cost)
        self.paid_nano += reserved.cost_nano if cost is None else cost
        kind = self.chance.choice(KINDS)
        if kind is None:
            call.over = True
            return
        if kind is FailureKind.WORKER_DIED:
            call.deaths += 1
        else:
            call.counted += 1
        decision = decide(
            kind,
            Tries(counted=call.counted, deaths=call.deaths),
            max_attempts=self.max_attempts,
            retry_after_s=self.chance.choice([None, 0.0, 5.0, 10_000.0]),
            backoff=Backoff(),
            chance=self.chance.random,
        )
        match decision:
            case Retry(wait_s):
                assert kind in RETRYABLE
                assert 0 <= wait_s <= LONGEST_RETRY_AFTER_S + Backoff().longest_s
            case GiveUp(reason):
                assert reason
                call.over = True

    def holds(self) -> None:
        assert self.asked == self.budget.requests + len(self.open)
        assert self.paid_nano == self.budget.cost_nano
        if self.limits.max_requests is not None:
            assert self.asked <= self.limits.max_requests
        if self.limits.max_cost_nano is not None:
            open_nano = sum(reserved.cost_nano for _, reserved in self.open)
            assert self.paid_nano + open_nano <= self.limits.max_cost_nano
        for call in self.calls:
            assert call.attempts <= self.max_attempts + MAX_DEATHS - 1


CHANCES = st.integers(0, 2**32).map(Random)
LIMITS = st.builds(Limits, st.none() | st.integers(0, 40), st.none() | st.integers(0, 600))


@given(st.integers(1, 12), st.integers(1, 5), LIMITS, CHANCES)
def test_no_limit_is_passed_at_any_moment(calls: int, max_attempts: int, limits: Limits, chance: Random) -> None:
    run = Run(limits, max_attempts, chance, [Call() for _ in range(calls)])
    run.go()
    assert not run.open
    if not any(call.spent for call in run.calls):
        assert all(call.attempts for call in run.calls), "a call was not asked though there was budget"


@given(st.integers(1, 8), st.lists(LIMITS, min_size=1, max_size=4), CHANCES)
def test_a_resume_counts_all_earlier_requests_and_money(calls: int, lives: list[Limits], chance: Random) -> None:
    """Each life has its own limits; ``max_attempts`` counts anew, what was spent stays spent."""
    asked = paid_nano = 0
    for limits in lives:
        if _is_passed(limits.max_requests, asked) or _is_passed(limits.max_cost_nano, paid_nano):
            assert isinstance(limits.budget(asked, paid_nano).reserve(1), Spent)
            continue
        run = Run(limits, 3, chance, [Call() for _ in range(calls)], asked, paid_nano)
        run.go()
        asked, paid_nano = run.asked, run.paid_nano


def _is_passed(limit: int | None, spent: int) -> bool:
    return limit is not None and limit < spent
