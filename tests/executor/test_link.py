"""Whether telemetry takes events is known, since when and why, also while nothing waits to be sent."""

from pathlib import Path

from services.executor.core.delivery.telemetry_answer import Answer, Cause, Trouble
from services.executor.flows.delivery.link import NOT_ASKED, Link
from tests.executor.desk_claims import AWAY, desk_engine, shown, until
from tests.executor.fakes import FakeWorkers

FULL = Answer(status=503, problem="storage-full", detail="the disk is full")


class SomeClock:
    def __init__(self) -> None:
        self.ms = 0

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000


def link(*, events_wait: bool = True) -> Link:
    return Link(SomeClock(), lambda: events_wait)


def test_nothing_is_claimed_of_a_telemetry_that_was_never_asked() -> None:
    assert link().shown() == {"state": "down", "since": "1970-01-01T00:00:00.000Z", "reason": NOT_ASKED}


def test_since_is_when_the_state_changed_and_the_reason_the_newest() -> None:
    clock = SomeClock()
    way = Link(clock, lambda: True)
    way.took()
    clock.ms = 1000
    way.failed(Trouble(Cause.TIMEOUT, "slow"), with_events=True)
    clock.ms = 2000
    way.failed(Trouble(Cause.UNREACHABLE, "gone"), with_events=True)
    assert way.shown() == {"state": "down", "since": "1970-01-01T00:00:01.000Z", "reason": "gone"}
    way.took()
    assert way.shown() == {"state": "up", "since": "1970-01-01T00:00:02.000Z", "reason": None}


def test_a_telemetry_that_answers_but_refuses_the_events_that_wait_is_no_link() -> None:
    way = link(events_wait=True)
    way.failed(Trouble(Cause.STORAGE_FULL, "full"), with_events=True)
    way.answered()
    assert [way.state] == ["down"]
    way.took()
    assert [way.state] == ["up"]


def test_an_answer_is_enough_where_no_event_waits() -> None:
    way = link(events_wait=False)
    way.failed(Trouble(Cause.STORAGE_FULL, "full"), with_events=True)
    way.answered()
    assert way.state == "up"


def test_a_silence_noticed_by_a_sign_of_life_ends_with_the_next_answer() -> None:
    way = link(events_wait=True)
    way.failed(Trouble(Cause.TIMEOUT, "silent"), with_events=False)
    way.answered()
    assert way.state == "up"


def test_trouble_of_one_run_says_nothing_about_the_link() -> None:
    way = link()
    way.took()
    for cause in (Cause.REFUSED, Cause.RATE_LIMITED, Cause.LEDGER, Cause.INTERNAL):
        way.failed(Trouble(cause, "no"), with_events=True)
    assert way.state == "up"


async def test_the_link_is_watched_while_no_run_is_there(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await until(lambda: here.desk.link.state == "up")
        here.telemetry.away = AWAY
        await until(lambda: here.desk.link.state == "down")
        assert here.desk.link.shown()["reason"] == "telemetry cannot be reached"
        here.telemetry.away = None
        await until(lambda: here.desk.link.state == "up")
        assert here.desk.link.shown()["reason"] is None


async def test_the_link_is_watched_while_a_run_has_nothing_to_send(tmp_path: Path) -> None:
    workers = FakeWorkers(hold=True)
    async with desk_engine(tmp_path, workers) as here:
        await here.start(docs=1)
        await until(lambda: here.desk.link.state == "up" and here.desk.pending_events == 0)
        here.telemetry.away = AWAY
        await until(lambda: here.desk.link.state == "down")
        assert (await shown(here))["link"]["state"] == "down"
        assert here.desk.counts.failures["unreachable"] > 0
        workers.let_go()
        await here.ended()
        assert (await shown(here))["pending"] > 0


async def test_a_full_telemetry_is_shown_though_it_takes_signs_of_life(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        here.telemetry.deaf = FULL
        await here.run(docs=2)
        signs = len(here.telemetry.signs)
        await until(lambda: len(here.telemetry.signs) > signs + 2 and here.desk.counts.failures["storage_full"] > 2)
        now = await shown(here)
        assert now["link"]["state"] == "down"
        assert "the disk is full" in now["link"]["reason"]
        assert (now["sent"], now["pending"] > 0) == (0, True)
        here.telemetry.deaf = None
        await until(lambda: here.desk.get("run-1") is None)
        assert (await shown(here))["link"]["state"] == "up"


async def test_the_sign_of_life_says_where_the_executor_is(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        await here.run(docs=1)
        await until(lambda: bool(here.telemetry.signs))
        assert here.telemetry.signs[0]["executor"] == "http://127.0.0.1:8002"
