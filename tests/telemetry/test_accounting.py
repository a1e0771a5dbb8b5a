"""What became of every event, hop by hop; what a producer calls delivered and is not here is said at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry.adapters.event_store_sqlite import SqliteEventStore
from services.telemetry.app import running
from services.telemetry.config import Config
from services.telemetry.core.accounting import unaccounted
from services.telemetry.core.producer import Producer, SignOfLife
from services.telemetry.core.receipts import Receipt, Receipts
from services.telemetry.web.parts import Parts
from services.telemetry.web.shapes import RunShown
from tests.telemetry.server import Json, Server, finished, log, numbered, problem, step


def say(server: Server, run: str, **said: Any) -> Json:
    answer = server.client.put(f"{server.url}/runs/{run}/producer", json=said)
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


def test_every_hop_is_counted(own: Server) -> None:
    own.post("a", *numbered(1, log("1"), log("2")))
    own.post("a", *numbered(2, log("2"), step(3), finished()))
    own.post("a", {"type": "nope"})
    assert [frame.event for frame in own.frames("/runs/a/events")][-1] == "end"
    own.client.post(f"{own.url}/runs/a/receipts", json={"position": "k3v9-4", "received": 3})
    say(own, "a", produced=4, pending=0)
    shown = own.run("a")
    assert shown["accounting"] == {
        "produced": 4,
        "pending": 0,
        "stored": 4,
        "unaccounted": 0,
        "fanned_out": 4,
        "received": 3,
    }
    msgspec.convert(shown, RunShown)
    for name, count in (("accepted", 4), ("stored", 4), ("duplicate", 1), ("fanned_out", 4)):
        assert own.metric(f"acm2_events_{name}_total") == count
    assert own.metric('acm2_receipts_total{state="ok"}') == 1


def test_nothing_is_said_of_a_producer_that_gave_no_account(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    say(telemetry, run)
    assert telemetry.run(run)["accounting"]["unaccounted"] is None


def test_what_was_delivered_and_is_not_here_is_pushed_to_viewers_until_it_comes_again(own: Server) -> None:
    own.post("a", *numbered(1, log("1"), log("2")))
    with own.stream("/runs/a/live") as stream:
        stream.until("fpf_stats_update")
        say(own, "a", produced=7, pending=2)
        assert stream.until("status_update")[-1].data["unaccounted"] == 3
        assert own.metric("acm2_unaccounted_events") == 3
        own.post("a", *numbered(3, log("3"), log("4"), log("5")))
        assert stream.until("status_update")[-1].data["unaccounted"] == 0
    assert own.metric("acm2_unaccounted_events") == 0


def test_a_wiped_log_shows_what_it_lost_and_a_restart_loses_nothing(own: Server) -> None:
    own.post("a", *numbered(1, log("1"), log("2")))
    say(own, "a", produced=2, pending=0)
    own.stop()
    own.start()
    say(own, "a", produced=2, pending=0)
    assert own.run("a")["accounting"]["unaccounted"] == 0
    own.stop()
    for file in (own.folder / "telemetry").glob("events.sqlite3*"):
        file.unlink()
    own.start()
    say(own, "a", produced=2, pending=0)
    assert own.metric("acm2_unaccounted_events") == 2
    own.post("a", *numbered(1, log("1"), log("2")))
    assert own.metric("acm2_unaccounted_events") == 0


counts = st.integers(0, 50)


@given(produced=counts, acknowledged=counts, late=counts, refused=counts, by=st.sampled_from(["producer", "service"]))
def test_an_honest_producer_never_looks_as_if_events_were_lost(
    produced: int, acknowledged: int, late: int, refused: int, by: Any
) -> None:
    # Between the moment the producer speaks and the moment it is heard, more may be stored, never less.
    acknowledged = min(produced, acknowledged)
    stored = acknowledged + late
    said = SignOfLife(produced=produced, pending=produced - acknowledged)
    assert unaccounted(said, by=by, stored=stored, refused=refused) == 0


def test_a_refused_event_of_a_run_the_service_numbers_is_accounted_for() -> None:
    said = SignOfLife(produced=5, pending=0)
    assert unaccounted(said, by="service", stored=4, refused=1) == 0
    assert unaccounted(said, by="service", stored=3, refused=1) == 1
    assert unaccounted(said, by="producer", stored=4, refused=1) == 1


def test_the_handshake_of_a_refill_is_no_refused_event(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    with own.stream("/runs/a/live") as stream:
        stream.until("fpf_stats_update")
        assert problem(own.post("a", *numbered(7, log("7")))) == (409, "sequence-gap")
        assert problem(own.post("a", *numbered(2, log("2")), *numbered(4, log("4")))) == (409, "sequence-gap")
        own.post("a", *numbered(3, log("3")))
        say(own, "a", produced=3, pending=0)
        status = stream.until("status_update")[-1].data
        assert (status["rejected"], status["unaccounted"], status["producer"]["produced"]) == (0, 0, 3)
        own.post("a", {"type": "nope"})
        assert stream.until("status_update")[-1].data["rejected"] == 1
    assert own.run("a")["rejected"] == 1
    kept = own.get("/runs/a/rejected").json()
    assert (kept["count"], [one["reason"] for one in kept["rejected"]]) == (1, ["invalid-event"])
    assert own.metric('acm2_events_rejected_total{reason="sequence-gap"}') == 2
    assert own.metric('acm2_events_rejected_total{reason="invalid-event"}') == 1


def test_a_run_of_which_only_a_gap_came_is_as_unknown_as_before(own: Server) -> None:
    assert problem(own.post("a", *numbered(7, log("7")))) == (409, "sequence-gap")
    say(own, "a", produced=7, pending=6)
    assert problem(own.get("/runs/a/rejected")) == (404, "unknown-run")
    # The event is counted as missing, not as refused, until it comes.
    assert own.metric("acm2_unaccounted_events") == 1


def test_why_a_producer_has_stopped_is_shown_everywhere_and_pushed_at_once(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    sign = {"produced": 9, "pending": 8, "stopped": None}
    assert say(own, "a", **sign)["stopped"] is None
    with own.stream("/runs/a/live") as stream:
        assert stream.until("fpf_stats_update")[0].data["producer"]["stopped"] is None
        say(own, "a", **sign | {"stopped": "telemetry is ahead"})
        assert stream.next().data["producer"]["stopped"] == "telemetry is ahead"
        with own.stream("/runs/a/live") as late, own.stream("/live?run=a") as many:
            assert late.next().data["producer"]["stopped"] == "telemetry is ahead"
            assert many.next().data["runs"][0]["producer"]["stopped"] == "telemetry is ahead"
        shown = own.run("a")
        assert shown["producer"]["stopped"] == "telemetry is ahead"
        msgspec.convert(shown, RunShown)
        say(own, "a", produced=9, pending=8)
        assert stream.next().data["producer"]["stopped"] is None


def test_of_long_words_of_a_producer_the_beginning_is_kept(telemetry: Server, run: str) -> None:
    shown = say(telemetry, run, storage="s" * 5_000, stopped="w" * 5_000)
    assert (shown["storage"], shown["stopped"]) == ("s" * 500, "w" * 500)
    assert say(telemetry, run, storage=True)["storage"] is True


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://localhost:8002", True),
        ("https://acm2.example.org/base", True),
        ("javascript:alert(1)", False),
        ("//evil.example", False),
        ("http://", False),
        ("http://user:pw@host/", False),
        ("http://host/\n<script>", False),
        ("http://h\u00f6st/", False),
        ("https://host/" + "x" * 2000, False),
    ],
)
def test_the_address_of_the_producer_is_a_plain_web_address(telemetry: Server, run: str, url: str, taken: bool) -> None:
    answer = telemetry.client.put(f"{telemetry.url}/runs/{run}/producer", json={"executor": url})
    if taken:
        assert answer.json()["executor"] == url
    else:
        assert problem(answer) == (422, "invalid-parameter")
        assert answer.json()["errors"][0]["path"] == "executor"


def test_signs_of_life_for_runs_that_never_begin_take_bounded_memory(own: Server) -> None:
    for number in range(1200):
        say(own, f"ghost-{number}", produced=1, pending=0)
    own.post("a", *numbered(1, log("1")))
    # Each of the runs in memory says that one event is missing.
    assert 0 < own.metric("acm2_unaccounted_events") <= 1000 + 64
    assert [one["run_id"] for one in own.get("/runs").json()["runs"]] == ["a"]


def test_receipts_take_the_same_room_however_many_there_are() -> None:
    receipts = Receipts()
    for number in range(1, 101):
        receipts.take(Receipt(received=number, position=f"k-{number}", draw_faults=number % 2), epoch="k", high=90)
    assert receipts.facts() == {"count": 100, "position": "k-100", "received": 100, "faulty": 50, "ahead": 10}
    receipts.take(Receipt(received=1, position="other-1"), epoch="k", high=90)
    receipts.take(Receipt(received=1, position="a:k-1,b:k-2"), epoch="k", high=90)
    assert receipts.ahead == 11


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"received": -1},
        {"received": 1.5},
        {"received": 2**60},
        {"received": 1, "position": 3},
        {"received": 1, "position": "x" * 5000},
        {"received": 1, "unreadable": -1},
        {"received": 1, "draw_faults": "many"},
    ],
)
def test_a_wrong_receipt_is_refused(telemetry: Server, run: str, body: Json) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    answer = telemetry.client.post(f"{telemetry.url}/runs/{run}/receipts", json=body)
    assert problem(answer) == (422, "invalid-parameter")
    assert telemetry.run(run)["receipts"]["count"] == 0


def test_a_page_that_could_not_show_something_is_counted(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    own.client.post(f"{own.url}/runs/a/receipts", json={"received": 1, "unreadable": 1})
    assert own.run("a")["receipts"]["faulty"] == 1
    assert own.metric('acm2_receipts_total{state="faulty"}') == 1


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[Parts]:
    store = SqliteEventStore(folder / "log")
    async with running(Config(), store, rng=Random(1)) as parts:
        yield parts
    store.close()


async def test_a_producer_that_falls_silent_is_told_to_viewers_without_any_event(tmp_path: Path) -> None:
    async with service(tmp_path) as parts:
        channel = await parts.runs.pin("a")
        channel.hear(SignOfLife(produced=1, pending=0))
        told: list[None] = []
        channel.audience.state_changed = lambda: told.append(None)  # type: ignore[method-assign]
        parts.hub.watch_producers()
        assert told == []
        began = parts.clock.now_ms()
        parts.clock.now_ms = lambda: began + 10_001
        parts.hub.watch_producers()
        parts.hub.watch_producers()
        assert len(told) == 1
        facts = channel.producer_facts() or {}
        assert facts["state"] == "silent"


def test_since_when_a_producer_is_live_or_silent() -> None:
    producer = Producer(SignOfLife(), 0)
    producer.hear(SignOfLife(), 5_000)
    assert producer.facts(9_000)["since"] == "1970-01-01T00:00:00.000Z"
    silent = producer.facts(15_000)
    assert (silent["state"], silent["since"]) == ("silent", "1970-01-01T00:00:05.000Z")
    producer.hear(SignOfLife(), 20_000)
    assert producer.facts(21_000)["since"] == "1970-01-01T00:00:20.000Z"
