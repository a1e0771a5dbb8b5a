"""Orderly or not, a restart loses nothing that was acknowledged; a drain says goodbye."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.telemetry.server import Frame, Server, finished, kinds, log, numbered, problem, step


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_changes_nothing_that_can_be_seen(own: Server, number: int) -> None:
    own.post("a", *numbered(1, log("1", id="x"), {"type": "call_started", "data": {"call_id": "c"}}))
    own.post("b", step(1, id="one"))
    own.post("c", *numbered(1, log("1"), finished()))
    own.post("b", {"type": "nope"})
    own.client.delete(f"{own.url}/runs/c")
    before = {run: own.run(run) for run in ("a", "b")}
    lines = {run: own.get(f"/runs/{run}/events?poll=1").text for run in ("a", "b")}
    own.stop(number)
    own.start()
    for run, known in before.items():
        now = own.run(run)
        assert {**now, "delivered": 0, "links": {}} == {**known, "delivered": 0, "links": {}}
        assert own.get(f"/runs/{run}/events?poll=1").text == lines[run]
    assert [one["run_id"] for one in own.get("/runs").json()["runs"]] == ["b", "a"]
    assert own.post("b", step(1, id="one"), step(2, id="two")).json()["duplicates"] == 1
    assert own.post("a", *numbered(2, log("other"))).status_code == 422
    assert own.post("a", *numbered(3, log("3"))).json()["high_water"] == 3
    assert problem(own.post("c", step())) == (410, "run-expired")


def test_a_list_after_kill_9_shows_the_runs_as_they_were(own: Server) -> None:
    own.post("a", *numbered(1, {"type": "run_started", "data": {}}))
    own.post("b", *numbered(1, log("1"), finished("failed")))
    own.stop(signal.SIGKILL)
    own.start()
    assert [(one["run_id"], one["status"]) for one in own.get("/runs").json()["runs"]] == [
        ("b", "failed"),
        ("a", "running"),
    ]


def test_a_viewer_goes_on_where_it_was_before_the_service_was_killed(own: Server) -> None:
    own.post("a", *numbered(1, log("1"), step(2)))
    with own.stream("/runs/a/events") as stream:
        seen = [frame.id for frame in stream.take(3)[1:]]
        own.stop(signal.SIGKILL)
        with pytest.raises(httpx.HTTPError):
            stream.rest()
    own.start()
    own.post("a", *numbered(3, log("3"), finished()))
    frames = own.frames("/runs/a/events", **{"Last-Event-ID": str(seen[-1])})
    assert [*seen, *[frame.id for frame in frames[1:-1]]] == [f"k3v9-{seq}" for seq in range(1, 5)]


def test_killed_in_the_middle_of_much_every_acknowledged_event_is_there_once(own: Server) -> None:
    acknowledged: dict[str, int] = {}
    killed = threading.Event()

    def produce(name: str) -> None:
        for seq in range(1, 2000):
            try:
                answer = own.post(name, *numbered(seq, step(seq)))
            except httpx.HTTPError:
                return
            acknowledged[name] = answer.json()["high_water"]
            if seq == 100:
                killed.set()

    with ThreadPoolExecutor(4) as pool:
        for number in range(4):
            pool.submit(produce, f"run{number}")
        killed.wait(30)
        own.stop(signal.SIGKILL)
    own.start()
    assert len(acknowledged) == 4
    for name, high in acknowledged.items():
        seqs = [line["seq"] for line in own.lines(name)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) >= high


def test_a_drain_tells_every_viewer_to_come_back_and_ends_each_stream_in_good_order(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    found: dict[str, list[Frame]] = {}
    ready = threading.Barrier(5)

    def watch(path: str) -> None:
        with own.stream(path) as stream:
            first = stream.take(2)
            ready.wait(20)
            found[path] = [*first, *stream.rest()]

    paths = ["/runs/a/events", "/runs/a/live", "/live?run=a&run=b", "/live"]
    with ThreadPoolExecutor(4) as pool:
        for path in paths:
            pool.submit(watch, path)
        ready.wait(20)
        assert own.stop() == 0
    for path in paths:
        drain = found[path][-1]
        assert drain.event == "drain", kinds(found[path])
        assert drain.id is None
        assert drain.retry == drain.data["retry_ms"]
        assert drain.data["reason"]
        assert "end" not in kinds(found[path])
    assert "ERROR" not in own.errors.upper()


def test_a_viewer_that_does_not_read_cannot_hold_the_end_up(own: Server) -> None:
    own.post("a", *numbered(1, *[{"type": "my.a", "data": "x" * 200_000}] * 10))
    with own.frozen("/runs/a/events"), own.frozen("/runs/a/live"):
        own.wait_until("both are there", lambda: own.run("a")["subscribers"] == 2)
        assert own.stop() == 0


def test_an_ended_service_leaves_a_folder_the_next_one_can_hold(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    for _ in range(2):
        assert own.stop() == 0
        own.start()
    assert own.run("a")["count"] == 1
