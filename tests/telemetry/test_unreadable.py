"""A stored event that cannot be read any more: everybody is told where, the rest goes on, nothing is invented."""

import sqlite3
from contextlib import closing

import pytest

from tests.telemetry.server import Json, Server, finished, kinds, log, numbered, problem, step


def damage(server: Server, run: str, first: int, lines: bytes | None) -> None:
    """Put other bytes into the batch that begins at this seq, or take it away."""
    server.stop()
    with closing(sqlite3.connect(server.folder / "telemetry" / "events.sqlite3", isolation_level=None)) as database:
        where = "WHERE first_seq = ? AND run = (SELECT number FROM runs WHERE run_id = ?)"
        if lines is None:
            changed = database.execute(f"DELETE FROM batches {where}", (first, run))
        else:
            changed = database.execute(f"UPDATE batches SET lines = ? {where}", (lines, first, run))
        assert changed.rowcount == 1
    server.start()


def told(data: Json) -> tuple[str | None, ...]:
    return tuple(data[name] for name in ("requested", "oldest", "newest", "reason"))


@pytest.fixture
def hurt(own: Server) -> Server:
    """A run of six events of which the third and the fourth were in a batch that is damaged; and one beside it."""
    own.post("a", *numbered(1, {"type": "run_started", "data": {}}, log("2")))
    own.post("a", *numbered(3, log("3"), step(4)))
    own.post("a", *numbered(5, log("5"), step(6)))
    own.post("b", *numbered(1, log("1")))
    damage(own, "a", 3, b'{"type":"log","run_id\n\xff\xfe')
    return own


def test_the_log_says_where_and_goes_on_behind_it(hurt: Server) -> None:
    hurt.post("a", *numbered(7, finished(events=6)))
    frames = hurt.frames("/runs/a/events")
    assert [frame.id for frame in frames] == [None, "k3v9-1", "k3v9-2", None, "k3v9-5", "k3v9-6", "k3v9-7", "k3v9-7"]
    assert kinds(frames)[3] == "gap"
    assert told(frames[3].data) == ("k3v9-2", "k3v9-5", "k3v9-7", "unreadable")
    again = hurt.frames("/runs/a/events", **{"Last-Event-ID": "k3v9-3"})
    assert kinds(again)[:3] == ["hello", "gap", "log"]
    assert hurt.metric("acm2_events_unreadable_total") == 2


def test_the_other_runs_and_the_numbers_go_on_and_say_what_they_leave_out(hurt: Server) -> None:
    assert hurt.lines("b")[0]["seq"] == 1
    shown = hurt.run("a")
    assert (shown["count"], shown["status"]) == (6, "running")
    [violation] = shown["stats"]["violations"]
    assert "2 (seq 3, 4)" in violation
    hurt.post("a", *numbered(7, finished(events=6, digest="0" * 64)))
    assert hurt.run("a")["complete"] is False
    assert hurt.metric("acm2_faults_total") == 0


def test_a_live_viewer_with_a_place_before_it_gets_the_full_state_instead(hurt: Server) -> None:
    with hurt.stream("/runs/a/live", **{"Last-Event-ID": "k3v9-1"}) as stream:
        frames = stream.until("fpf_stats_update")
    assert kinds(frames) == ["hello", "gap", "log", "log", "status_update", "fpf_stats_update"]
    assert frames[1].data["reason"] == "unreadable"
    assert frames[-1].data["stats"]["violations"]
    with hurt.stream("/runs/a/live", **{"Last-Event-ID": "k3v9-4"}) as stream:
        frames = stream.until("fpf_stats_update")
    assert kinds(frames) == ["hello", "log", "myapp.step", "status_update", "fpf_stats_update"]


def test_as_lines_it_ends_before_it_and_is_410_at_it(hurt: Server) -> None:
    first = hurt.get("/runs/a/events?poll=1")
    assert (first.headers["position"], first.headers["run-ended"]) == ("k3v9-2", "false")
    assert len(first.text.splitlines()) == 2
    for query in ("poll=1", "follow=1"):
        at = hurt.get(f"/runs/a/events?{query}&after=k3v9-2")
        assert problem(at) == (410, "run-expired")
        assert told(at.json()) == ("k3v9-2", "k3v9-5", "k3v9-6", "unreadable")
    assert [line["seq"] for line in hurt.lines("a", "&after=k3v9-4")] == [5, 6]


def test_its_producer_goes_on_and_a_repeat_is_none_of_its_worries(hurt: Server) -> None:
    answer = hurt.post("a", *numbered(2, log("2"), log("3"), step(4), log("5"), step(6), step(7)))
    assert (answer.json()["accepted"], answer.json()["duplicates"]) == (1, 5)
    assert hurt.run("a")["last"] == 7


def test_a_batch_that_is_gone_is_the_same(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    own.post("a", *numbered(2, log("2"), log("3")))
    own.post("a", *numbered(4, log("4"), finished()))
    damage(own, "a", 2, None)
    frames = own.frames("/runs/a/events")
    assert kinds(frames) == ["hello", "log", "gap", "log", "run_finished", "end"]
    assert told(frames[2].data) == ("k3v9-1", "k3v9-4", "k3v9-5", "unreadable")


def test_a_line_that_says_another_place_than_its_own_is_not_believed(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    own.post("a", *numbered(2, log("2")))
    line = own.get("/runs/a/events?poll=1").content.splitlines()[0]
    damage(own, "a", 2, line)
    frames = own.frames("/runs/a/events?heartbeat=1&limit=2")
    assert kinds(frames) == ["hello", "log", "gap"]
    assert told(frames[-1].data) == ("k3v9-1", None, "k3v9-2", "unreadable")
