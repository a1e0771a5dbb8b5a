"""Viewers that do not read: they hold nobody up, are dropped with a counter, and may come back."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import psutil
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


def _memory_bytes(server: Server) -> int:
    assert server.process is not None
    used: int = psutil.Process(server.process.pid).memory_info().rss
    return used


def _viewers(server: Server) -> float:
    return sum(server.metric(f'acm2_subscribers{{stream="{stream}"}}') for stream in ("log", "live"))


def test_viewers_that_read_nothing_cost_bounded_memory(own: Server) -> None:
    viewers = 40
    own.post("warm", *numbered(1, *EVENTS))
    with ExitStack() as stack:
        for number in range(viewers):
            stack.enter_context(own.frozen(f"/runs/a/{'events' if number % 2 else 'live'}"))
        own.wait_until("all are there", lambda: _viewers(own) == viewers)
        before = _memory_bytes(own)
        for batch in range(10):
            own.post("a", *numbered(1 + batch * len(EVENTS), *EVENTS))
        grown = _memory_bytes(own) - before
    # 60 MB for each of them would be 2.4 GB; what each may hold is a chunk of 256 KiB on its way, and its socket's buffer.
    assert grown < viewers * 1024 * 1024 + 64 * 1024 * 1024, grown


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_a_stopped_curl_is_dropped_and_goes_on_from_its_place(strict: Server, tmp_path: Path) -> None:
    got = tmp_path / "got"
    command = ["curl", "-sN", f"{strict.url}/runs/a/events"]
    with got.open("wb") as out, subprocess.Popen(command, stdout=out) as curl:
        try:
            strict.wait_until("it is there", lambda: strict.metric('acm2_subscribers{stream="log"}') == 1)
            curl.send_signal(signal.SIGSTOP)
            for batch in range(4):
                strict.post("a", *numbered(1 + batch * len(EVENTS), *EVENTS))
            strict.wait_until("it is dropped", lambda: strict.metric('acm2_subscribers{stream="log"}') == 0)
            dropped = sum(
                strict.metric(f'acm2_subscribers_dropped_total{{reason="{reason}"}}') for reason in ("stalled", "gone")
            )
            assert dropped == 1
        finally:
            curl.send_signal(signal.SIGCONT)
            curl.wait(20)
    strict.post("a", *numbered(4 * len(EVENTS) + 1, finished()))
    ids = [line[4:].decode() for line in got.read_bytes().split(b"\n") if line.startswith(b"id: ")]
    assert ids == [f"k3v9-{seq}" for seq in range(1, len(ids) + 1)]
    # The last frame may be cut off: it has no empty line after it, so a client does not count it.
    place = ids[-2] if len(ids) > 1 else "k3v9-0"
    rest = strict.frames("/runs/a/events", **{"Last-Event-ID": place})
    wanted = range(int(place.partition("-")[2]) + 1, 4 * len(EVENTS) + 2)
    assert [frame.id for frame in rest[1:-1]] == [f"k3v9-{seq}" for seq in wanted]
