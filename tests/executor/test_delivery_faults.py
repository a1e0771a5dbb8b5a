"""Whatever goes wrong on the way to telemetry: the run's result is the same, a counter moves, the run's page shows it."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from services.executor.core.delivery.event_batch import EventBatch, event_batch
from services.executor.core.delivery.telemetry_answer import Answer
from tests.executor.desk_claims import arrived, delivered, desk_engine, shown, until
from tests.executor.engine import Engine, engine, types

NONSENSE = {
    "200 without a body": Answer(status=200, content_type="text/html"),
    "200 with a high_water below what was sent": Answer(status=200, body={"high_water": 0}),
    "200 with a high_water that is none": Answer(status=200, body={"high_water": "many"}),
    "a gap where none is": Answer(status=409, problem="sequence-gap", body={"expected": 1}),
    "a gap without a number": Answer(status=409, problem="sequence-gap"),
    "a redirect": Answer(status=307),
    "a proxy's page": Answer(status=502, content_type="text/html"),
    "a proxy's limit": Answer(status=413, content_type="text/html"),
    "no page": Answer(status=404, content_type="text/html"),
    "a problem nobody knows": Answer(status=418, problem="teapot"),
    "half of a status": Answer(status=299),
}


async def completed(here: Engine) -> None:
    """The run has come to the same end as ever."""
    assert (await here.runs.find("run-1")).status == "completed"
    assert types(await here.events())[-1] == "run_finished"


def failures(here: Engine) -> int:
    return sum(here.desk.counts.failures.values())


async def read_anew(here: Engine) -> None:
    """Return when what was under way has been refused, and the next batch was read from the ledger as it is now."""
    seen = failures(here)
    await until(lambda: failures(here) > seen + 1)


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense_for_an_answer_is_counted_and_shown_and_ends_when_it_ends(tmp_path: Path, name: str) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.deaf = NONSENSE[name]
        await here.run(docs=2)
        await until(lambda: failures(here) > 2)
        await completed(here)
        now = await shown(here)
        assert now["trouble"]
        assert (now["sent"], now["pending"] > 0) == (0, True)
        here.telemetry.deaf = None
        await delivered(here)
        assert (await shown(here))["reconciled"]["equal"] is True
        assert len(arrived(here)) == len(await here.events())


async def test_an_encoder_that_raises_is_counted_and_shown_and_loses_nothing(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:

        def broken(_run_id: str, _first_seq: int, _lines: Sequence[bytes]) -> EventBatch:
            raise RuntimeError("a word of the document")

        here.encode = broken
        await here.run(docs=2)
        await until(lambda: here.desk.counts.failures["internal"] > 2)
        await completed(here)
        assert (await shown(here))["trouble"] == "an error in the executor: RuntimeError"
        here.encode = event_batch
        await delivered(here)
        assert len(arrived(here)) == len(await here.events())
        assert (await shown(here))["reconciled"]["equal"] is True


async def test_a_poisoned_line_is_reported_in_its_place_and_everything_else_arrives(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.deaf = Answer(status=503, problem="unavailable")
        events = await here.run(docs=3)
        await until(lambda: failures(here) > 0)
        await here.ledger.replace_line("run-1", 5, b'{"type":"call_st\xff')
        await read_anew(here)
        here.telemetry.deaf = None
        await delivered(here)
        log = arrived(here)
        assert [event["seq"] for event in log] == list(range(1, len(events) + 1))
        assert log[4]["data"] == {"discarded": [{"reason": "unreadable", "quantity": 1}]}
        assert here.desk.counts.discarded == {"unreadable": 1}
        now = await shown(here)
        assert now["discarded"] == 1
        assert now["reconciled"]["equal"] is True
        assert (await here.runs.find("run-1")).status == "completed"


async def test_a_line_at_a_wrong_place_is_not_sent_as_another(tmp_path: Path) -> None:
    lines = [b'{"type":"log","run_id":"r","seq":%d,"epoch":"e","time":"t","data":{}}' % seq for seq in (4, 5, 7)]
    assert event_batch("r", 4, lines).count == 2
    assert event_batch("r", 5, lines).count == 0
    assert event_batch("q", 4, lines).count == 0
    assert event_batch("r", 4, [lines[0] + b"\n" + lines[1]]).count == 0


async def test_a_ledger_damaged_from_somewhere_on_stops_the_delivery_and_replaces_nothing(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.deaf = Answer(status=503, problem="unavailable")
        await here.run(docs=3)
        await until(lambda: failures(here) > 0)
        for seq in (5, 6):
            await here.ledger.replace_line("run-1", seq, b"?")
        await read_anew(here)
        here.telemetry.deaf = None
        await delivered(here)
        assert len(arrived(here)) == 4
        now = await shown(here)
        assert "cannot be read" in now["stopped"]
        assert here.desk.counts.halted == 1
        assert here.desk.counts.discarded == {}


async def test_a_telemetry_that_refuses_even_the_report_stops_that_delivery(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.refuse = lambda event: event["seq"] == 4
        await here.run(docs=1)
        await delivered(here)
        assert "even the report" in (await shown(here))["stopped"]
        assert (await here.runs.find("run-1")).status == "completed"


async def test_a_telemetry_that_forgets_what_it_takes_is_not_fed_without_a_pause(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.forgets = True
        await here.run(docs=200)
        await until(lambda: here.desk.counts.failures["refused"] > 2)
        now = await shown(here)
        assert "again" in now["trouble"]
        assert here.desk.counts.resent > 0
        here.telemetry.forgets = False
        await delivered(here)
        assert (await shown(here))["reconciled"]["equal"] is True
        assert len(arrived(here)) == len(await here.events())
        await completed(here)


async def test_a_broken_comparison_is_counted_and_made_again(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.breaks_when_asked = 2
        await here.run(docs=1)
        await delivered(here)
        assert here.desk.counts.failures["internal"] == 2
        assert (await shown(here))["reconciled"]["equal"] is True
        await completed(here)


async def test_showing_a_run_waits_for_nothing_telemetry_does(tmp_path: Path) -> None:
    async with engine(tmp_path) as here:
        here.telemetry.silent_for = "run-"
        await here.run(docs=1)
        await until(lambda: bool(here.telemetry.posts))
        now = await shown(here)
        assert now["pending"] > 0


async def test_a_telemetry_that_asks_for_time_is_given_it(tmp_path: Path) -> None:
    async with desk_engine(tmp_path) as here:
        here.telemetry.deaf = Answer(status=503, problem="unavailable", retry_after_s=250.0)
        await here.run(docs=1)
        signs = len(here.telemetry.signs)
        await until(lambda: len(here.telemetry.signs) > signs + 5)
        assert len(here.telemetry.posts) == 1
        assert (await shown(here))["link"]["state"] == "down"
        await completed(here)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_telemetry_does_it_has_the_ledgers_log_in_the_end(tmp_path: Path, seed: int) -> None:
    async with desk_engine(tmp_path) as here:
        here.telemetry.chaos = random.Random(seed)
        here.desk.backlog.look()
        for name in ("run-1", "run-2"):
            await here.run(name, docs=40)
        posts = len(here.telemetry.posts)
        await until(lambda: len(here.telemetry.posts) > posts + 60 or not here.desk.all())
        here.telemetry.chaos = None
        for name in ("run-1", "run-2"):
            await delivered(here, name)
            now = await shown(here, name)
            assert now["stopped"] is None
            assert now["reconciled"]["equal"] is True
            lines = await here.ledger.lines(name, after=0, most=100_000, most_bytes=1 << 30)
            assert here.telemetry.lines[name] == lines
        assert here.desk.unaccounted_events == 0


def test_a_body_ends_before_the_first_line_that_would_break_it() -> None:
    lines = [b'{"type":"log","run_id":"r","seq":%d,"epoch":"e","time":"t","data":{}}' % seq for seq in (1, 2, 3)]
    for damaged in (lines[1][:-1] + b"\n}", lines[1][:-1] + b"\xff}", lines[1][:-2], b"", lines[1][3:]):
        batch = event_batch("r", 1, [lines[0], damaged, lines[2]])
        assert batch == EventBatch(lines[0].replace(b',"run_id":"r"', b"") + b"\n", 1)
    assert event_batch("r", 1, []).count == 0
