"""Who goes next: no more at once than allowed, in their order, at the pace a provider allows."""

from itertools import pairwise

from services.executor.core.presets.preset import ProviderLimit
from services.executor.flows.slots.provider_gates import ProviderGates
from services.executor.flows.slots.slots import YIELD_S, Slots, Ticket


class ManualClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now_ms(self) -> int:
        return round(self.now_s * 1000)

    def monotonic_s(self) -> float:
        return self.now_s


class Desk:
    """Slots with a record of what happened."""

    def __init__(
        self,
        concurrency: int,
        limits: dict[str, ProviderLimit] | None = None,
        *,
        gates: ProviderGates | None = None,
        clock: ManualClock | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.slots = Slots(
            concurrency=concurrency, limits=limits or {}, gates=gates or ProviderGates(), clock=self.clock
        )
        self.started: list[int] = []
        self.started_s: list[float] = []
        self.waits: list[tuple[int, str]] = []
        self.said: list[tuple[int, str, float | None, str | None]] = []
        self.refused: list[int] = []

    def ask(self, number: int, provider: str = "a", *, first: bool = False, makes: bool = False) -> None:
        def start() -> None:
            self.started.append(number)
            self.started_s.append(self.clock.now_s)

        def waits(waits_for: str, in_s: float | None, reason: str | None) -> None:
            self.waits.append((number, waits_for))
            self.said.append((number, waits_for, in_s, reason))

        ticket = Ticket(
            ordinal=number,
            provider=provider,
            model="m",
            start=start,
            waits=waits,
            refused=lambda: self.refused.append(number),
            makes=makes,
        )
        self.slots.ask(ticket, first=first)

    def ask_all(self, numbers: range, provider: str = "a", *, makes: bool = False) -> None:
        for number in numbers:
            self.ask(number, provider, makes=makes)

    def at(self, now_s: float) -> None:
        self.clock.now_s = now_s
        self.slots._dispatch()


async def test_those_who_find_no_slot_wait_say_so_and_start_in_their_order() -> None:
    desk = Desk(2)
    for number in range(1, 5):
        desk.ask(number)
    assert desk.started == [1, 2]
    assert desk.waits == [(3, "slot"), (4, "slot")]
    desk.slots.leave("a", makes=False)
    assert desk.started == [1, 2, 3]


async def test_one_who_was_there_before_goes_first() -> None:
    desk = Desk(1)
    for number in (1, 2, 3):
        desk.ask(number)
    desk.ask(9, first=True)
    desk.slots.leave("a", makes=False)
    assert desk.started == [1, 9]


async def test_a_full_provider_keeps_nobody_else_waiting() -> None:
    desk = Desk(8, {"a": ProviderLimit(concurrency=1)})
    for number in range(1, 4):
        desk.ask(number, "a")
    desk.ask(4, "b")
    assert desk.started == [1, 4]
    desk.slots.leave("a", makes=False)
    assert desk.started == [1, 4, 2]


async def test_a_providers_places_are_shared_by_all_runs() -> None:
    gates, limits = ProviderGates(), {"a": ProviderLimit(concurrency=2)}
    one, two = Desk(8, limits, gates=gates), Desk(8, limits, gates=gates)
    one.ask(1)
    one.ask(2)
    two.ask(3)
    assert two.started == []
    one.slots.leave("a", makes=False)
    assert two.started == [3]


async def test_starts_keep_their_distance_however_many_wait_in_however_many_runs() -> None:
    """Fifty waiters of two runs at 120 a minute: the original let them all go at the same moment."""
    gates, clock, limits = ProviderGates(), ManualClock(), {"a": ProviderLimit(requests_per_minute=120)}
    one, two = (Desk(100, limits, gates=gates, clock=clock) for _ in range(2))
    one.ask_all(range(25))
    two.ask_all(range(25, 50))
    assert one.started + two.started == [0]
    assert one.said[0] == (1, "rate", 0.5, "120 requests a minute to a")
    for tenth in range(1, 260):
        one.at(tenth / 10)
        two.at(tenth / 10)
        one.slots._dispatch()
    starts = sorted(one.started_s + two.started_s)
    assert len(starts) == 50
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 0.5


async def test_a_pace_that_was_not_used_is_not_saved_up_for_a_burst() -> None:
    desk = Desk(100, {"a": ProviderLimit(requests_per_minute=60)})
    desk.ask(0)
    desk.clock.now_s = 600.0
    desk.ask_all(range(1, 20))
    assert desk.started == [0, 1]


async def test_a_closed_door_holds_every_run_until_the_moment_the_provider_named_and_nobody_elses_calls() -> None:
    gates, clock = ProviderGates(), ManualClock()
    one, two = (Desk(8, gates=gates, clock=clock) for _ in range(2))
    one.ask_all(range(4))
    gates.of("a").too_many(-1.0, 0.0, "429 rate_limited")
    gates.of("a").close(0.0, 12.0, "429 rate_limited")
    two.ask(10)
    two.ask(11, "b")
    assert two.started == [11]
    assert two.said == [(10, "backoff", 12.0, "429 rate_limited")]
    two.at(11.9)
    assert two.started == [11]
    for _ in range(4):
        one.slots.leave("a", makes=False)
    two.ask_all(range(20, 30))
    two.at(12.0)
    assert two.started == [11, 10, 20]
    assert two.said[-1] == (21, "slot", None, "429 rate_limited: a is asked 2 at a time for now")


async def test_a_door_that_stays_closed_longer_is_said_again_but_not_for_a_moment() -> None:
    desk = Desk(8)
    gate = desk.slots._gates.of("a")
    gate.close(0.0, 5.0, "429 rate_limited")
    desk.ask(1)
    for seconds in (5.2, 5.5, 9.0):
        gate.close(0.0, seconds, "429 rate_limited")
        desk.at(0.0)
    assert [in_s for _, _, in_s, _ in desk.said] == [5.0, 9.0]


async def test_runs_that_wait_for_the_same_provider_take_turns() -> None:
    gates, limits = ProviderGates(), {"a": ProviderLimit(concurrency=1)}
    order: list[str] = []
    runs = {name: Desk(8, limits, gates=gates) for name in ("one", "two", "three")}
    for desk in runs.values():
        desk.ask_all(range(4))
    for _ in range(12):
        (name,) = [name for name, desk in runs.items() if len(desk.started) > order.count(name)]
        order.append(name)
        runs[name].slots.leave("a", makes=False)
    assert order == ["one", "two", "three"] * 4


async def test_the_run_that_was_let_in_last_looks_again_after_the_others() -> None:
    gates, clock, limits = ProviderGates(), ManualClock(), {"a": ProviderLimit(requests_per_minute=60)}
    one, two = (Desk(8, limits, gates=gates, clock=clock) for _ in range(2))
    one.ask_all(range(3))
    two.ask_all(range(3))
    assert (one.slots._alarm_s, two.slots._alarm_s) == (1.0 + YIELD_S, 1.0)


async def test_judges_leave_a_share_of_the_slots_to_makers_that_are_still_to_begin() -> None:
    desk = Desk(8, {"a": ProviderLimit(concurrency=1)})
    desk.ask_all(range(3), "a", makes=True)
    desk.ask_all(range(10, 30), "slow")
    assert desk.started == [0, *range(10, 16)]
    assert desk.said[-1][1:] == ("slot", None, None)
    desk.slots.leave("a", makes=True)
    desk.slots.leave("a", makes=True)
    assert desk.started == [0, *range(10, 16), 1, 2, 16]


async def test_a_maker_that_rests_finds_a_slot_when_it_comes_back() -> None:
    desk = Desk(4)
    desk.ask(1, makes=True)
    desk.slots.rests()
    desk.slots.leave("a", makes=True)
    desk.ask_all(range(10, 20), "slow")
    assert desk.started == [1, 10, 11, 12]
    desk.ask(1, first=True, makes=True)
    desk.slots.rested()
    assert desk.started == [1, 10, 11, 12, 1]
    desk.slots.leave("a", makes=True)
    assert desk.started[-1] == 13


async def test_with_one_slot_documents_are_made_first() -> None:
    desk = Desk(1, {"a": ProviderLimit(requests_per_minute=60)})
    desk.ask(5, "b")
    desk.ask_all(range(2), "a", makes=True)
    desk.ask(6, "b")
    desk.slots.leave("b", makes=False)
    assert desk.started == [5, 0]
    desk.slots.leave("a", makes=True)
    assert desk.started == [5, 0]
    desk.at(1.0)
    desk.slots.leave("a", makes=True)
    assert desk.started == [5, 0, 1, 6]


async def test_with_one_slot_a_judge_gets_it_while_the_providers_of_all_makers_keep_them_away() -> None:
    desk = Desk(1)
    desk.ask(1, makes=True)
    desk.slots.rests()
    desk.slots.leave("a", makes=True)
    desk.ask(10, "slow")
    assert desk.started == [1]
    desk.slots.rested()
    desk.slots.rests(sent_away=True)
    desk.slots._gates.of("a").close(0.0, 60.0, "429 rate_limited")
    desk.ask(2, makes=True)
    assert desk.started == [1, 10]
    desk.ask(11, "slow")
    desk.clock.now_s = 60.0
    desk.ask(1, first=True, makes=True)
    desk.slots.rested(sent_away=True)
    desk.slots.leave("slow", makes=False)
    assert desk.started == [1, 10, 1]
    desk.slots.leave("a", makes=True)
    desk.slots.leave("a", makes=True)
    assert desk.started == [1, 10, 1, 2, 11]


async def test_makers_that_are_withdrawn_hold_no_judge_back() -> None:
    desk = Desk(2, {"a": ProviderLimit(concurrency=1)})
    desk.ask_all(range(2), "a", makes=True)
    desk.ask_all(range(10, 12), "slow")
    desk.slots.leave("a", makes=True)
    for ticket in desk.slots.withdraw(lambda ticket: ticket.makes):
        ticket.refused()
    desk.slots.leave("slow", makes=False)
    assert 11 in desk.started


async def test_a_withdrawn_ticket_is_refused_and_never_starts() -> None:
    desk = Desk(1)
    for number in (1, 2, 3):
        desk.ask(number)
    for ticket in desk.slots.withdraw(lambda ticket: ticket.ordinal == 2):
        ticket.refused()
    assert desk.refused == [2]
    desk.slots.leave("a", makes=False)
    assert desk.started == [1, 3]
