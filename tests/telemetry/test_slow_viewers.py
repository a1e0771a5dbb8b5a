"""Viewers that do not read: they hold nobody up, are dropped with a counter, and may come back."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.telemetry.server import Server, finished, numbered, step

PAD = "x" * 100_000
EVENTS = [{"type": "my.a", "data": {"n": n, "pad": PAD}} for n in range(1, 61)]


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Server]:
    """A service that gives a stalled viewer up after a second."""
    server = Server(tmp_path, environment={"ACM2_VIEWER_STALL_S": "1"})
    server.start()
    yield server
    server.close()


@pytest.mark.parametrize("view", ["events", "live"])
def test_a_viewer_that_stalls_is_dropped_with_a_counter_and_the_others_miss_nothing(strict: Server, view: str) -> None:
    with strict.frozen(f"/runs/a/{view}"), strict.stream("/runs/a/events") as reader:
        strict.wait_until("both are there", lambda: strict.metric(f'acm2_subscribers{{stream="{_name(view)}"}}') >= 1)
        reader.next()
        for seq, event in enumerate(EVENTS, 1):
            assert strict.post("a", *numbered(seq, event)).status_code == 200
            assert reader.next().id == f"k3v9-{seq}"
        strict.wait_until(
            "it is dropped", lambda: strict.metric('acm2_subscribers_dropped_total{reason="stalled"}') == 1
        )
        strict.wait_until("one is left", lambda: strict.run("a")["subscribers"] == 1)
        strict.post("a", *numbered(len(EVENTS) + 1, step(), finished()))
        assert reader.rest()[-1].event == "end"
    assert strict.metric("acm2_faults_total") == 0
    assert strict.errors == ""


def _name(view: str) -> str:
    return "log" if view == "events" else view


def test_a_viewer_that_pauses_and_reads_on_gets_every_event_once(own: Server) -> None:
    with own.frozen("/runs/a/events", buffer_bytes=256 * 1024) as client:
        own.wait_until("it is there", lambda: own.metric('acm2_subscribers{stream="log"}') == 1)
        for seq, event in enumerate(EVENTS, 1):
            own.post("a", *numbered(seq, event))
        own.post("a", *numbered(len(EVENTS) + 1, finished()))
        with client.makefile("rb") as received:
            while received.readline().strip():
                pass
            lines = _body(received).split(b"\n")
    ids = [int(line.rpartition(b"-")[2]) for line in lines if line.startswith(b"id: ")]
    assert ids == [*range(1, 62), 61]


def _body(received: BinaryIO) -> bytes:
    """A chunked body, to its end."""
    chunks = []
    while size := int(received.readline(), 16):
        chunks.append(received.read(size))
        received.readline()
    return b"".join(chunks)


def test_a_viewer_that_leaves_is_forgotten(own: Server) -> None:
    own.post("a", *numbered(1, step()))
    for view in ("events", "live"):
        with own.stream(f"/runs/a/{view}") as stream:
            stream.next()
    own.wait_until("both are gone", lambda: own.run("a")["subscribers"] == 0)
    assert own.metric('acm2_subscribers{stream="log"}') == own.metric('acm2_subscribers{stream="live"}') == 0
    assert own.metric('acm2_subscribers_dropped_total{reason="stalled"}') == 0
