"""Who goes next: no more at once than allowed, in their order, at the pace a provider allows."""

from services.executor.core.preset import ProviderLimit
from services.executor.flows.provider_gates import ProviderGates
from services.executor.flows.slots import Slots, Ticket


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
        self.waits: list[tuple[int, str]] = []
        self.refused: list[int] = []

    def ask(self, number: int, provider: str = "a", *, first: bool = False) -> None:
        ticket = Ticket(
            ordinal=number,
            provider=provider,
            model="m",
            start=lambda: self.started.append(number),
            waits=lambda waits_for, _in_s: self.waits.append((number, waits_for)),
            refused=lambda: self.refused.append(number),
        )
        self.slots.ask(ticket, first=first)


async def test_those_who_find_no_slot_wait_say_so_and_start_in_their_order() -> None:
    desk = Desk(2)
    for number in range(1, 5):
        desk.ask(number)
    assert desk.started == [1, 2]
    assert desk.waits == [(3, "slot"), (4, "slot")]
    desk.slots.leave("a")
    assert desk.started == [1, 2, 3]


async def test_one_who_was_there_before_goes_first() -> None:
    desk = Desk(1)
    for number in (1, 2, 3):
        desk.ask(number)
    desk.ask(9, first=True)
    desk.slots.leave("a")
    assert desk.started == [1, 9]


async def test_a_full_provider_keeps_nobody_else_waiting() -> None:
    desk = Desk(8, {"a": ProviderLimit(concurrency=1)})
    for number in range(1, 4):
        desk.ask(number, "a")
    desk.ask(4, "b")
    assert desk.started == [1, 4]
    desk.slots.leave("a")
    assert desk.started == [1, 4, 2]


async def test_a_providers_places_are_shared_by_all_runs() -> None:
    gates, limits = ProviderGates(), {"a": ProviderLimit(concurrency=2)}
    one, two = Desk(8, limits, gates=gates), Desk(8, limits, gates=gates)
    one.ask(1)
    one.ask(2)
    two.ask(3)
    assert two.started == []
    one.slots.leave("a")
    assert two.started == [3]


async def test_starts_keep_their_distance_however_many_wait() -> None:
    desk = Desk(100, {"a": ProviderLimit(requests_per_minute=60)})
    for number in range(50):
        desk.ask(number)
    assert desk.started == [0]
    assert desk.waits[0] == (1, "rate")
    for second in range(1, 10):
        desk.clock.now_s = second
        desk.slots._dispatch()
        assert len(desk.started) == second + 1
        desk.slots._dispatch()
        assert len(desk.started) == second + 1


async def test_a_withdrawn_ticket_is_refused_and_never_starts() -> None:
    desk = Desk(1)
    for number in (1, 2, 3):
        desk.ask(number)
    desk.slots.withdraw(lambda ticket: ticket.ordinal == 2)
    assert desk.refused == [2]
    desk.slots.leave("a")
    assert desk.started == [1, 3]
