"""The log stream: every event, once, in order; resume, gap, end."""

import json

import pytest

from tests.telemetry.server import Server, finished, kinds, log, numbered, problem, step


def test_a_stream_begins_with_retry_and_hello_in_one_frame(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step()))
    with telemetry.stream(f"/runs/{run}/events") as stream:
        hello = stream.next()
    headers = stream.response.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert hello.fields == ("retry", "event", "data")
    assert hello.event == hello.data["type"] == "hello"
    assert (hello.data["run_id"], hello.data["status"], hello.data["seq"]) == (run, "open", 1)
    assert (hello.data["contract"], hello.data["heartbeat_s"], hello.data["producer"]) == ("1", 15.0, None)
    assert hello.data["build"]


def test_retry_differs_between_connections(telemetry: Server, run: str) -> None:
    seen = set()
    for _ in range(8):
        with telemetry.stream(f"/runs/{run}/events") as stream:
            seen.add(stream.next().retry)
    assert len(seen) > 1
    assert all(retry is not None and 1000 <= retry <= 10_000 for retry in seen)


def test_every_event_comes_once_in_order_first_from_history_then_live(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1), log("two")))
    with telemetry.stream(f"/runs/{run}/events") as stream:
        first = stream.take(3)[1:]
        for seq in range(3, 30):
            telemetry.post(run, *numbered(seq, step(seq)))
        frames = [*first, *stream.take(27)]
        telemetry.post(run, *numbered(30, finished()))
        end = stream.rest()
    assert [frame.id for frame in frames] == [f"k3v9-{seq}" for seq in range(1, 30)]
    assert [frame.event for frame in frames] == [frame.data["type"] for frame in frames]
    assert kinds(end) == ["run_finished", "end"]
    assert [frame.id for frame in end] == ["k3v9-30", "k3v9-30"]


def test_the_data_of_a_frame_is_the_stored_line(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1) | {"data": {"m": "ä\u2028\r\n"}}, finished()))
    raw = telemetry.get(f"/runs/{run}/events").text
    [line, last] = telemetry.get(f"/runs/{run}/events?poll=1").text.splitlines()
    assert f"\nid: k3v9-1\nevent: myapp.step\ndata: {line}\n\n" in raw
    assert f"\nid: k3v9-2\nevent: run_finished\ndata: {last}\n\n" in raw


def test_end_says_how_it_ended_and_gives_the_fingerprint(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(), finished("failed", events=1)))
    end = telemetry.frames(f"/runs/{run}/events")[-1]
    assert end.event == "end"
    assert (end.data["run_id"], end.data["status"], end.data["seq"], end.data["count"]) == (run, "failed", 2, 2)
    assert end.data["digest"] == telemetry.run(run)["digest"]
    assert (end.data["complete"], end.data["resumable"]) == (True, True)


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {"Last-Event-ID": "k3v9-2"}),
        ("?last_event_id=k3v9-2", {}),
        ("?after=k3v9-2", {}),
        ("?after=2", {}),
        ("?after=k3v9-1&last_event_id=k3v9-2", {}),
        ("?from=now&last_event_id=k3v9-1", {"Last-Event-ID": "k3v9-2"}),
        ("?after=2&last_event_id=", {}),
    ],
)
def test_a_position_is_taken_from_header_query_or_seq_in_this_order(
    telemetry: Server, run: str, query: str, headers: dict[str, str]
) -> None:
    telemetry.post(run, *numbered(1, step(1), step(2), step(3), finished()))
    frames = telemetry.frames(f"/runs/{run}/events{query}", **headers)
    assert (frames[0].event, frames[0].id) == ("hello", "k3v9-2")
    assert [frame.id for frame in frames[1:]] == ["k3v9-3", "k3v9-4", "k3v9-4"]


def test_from_now_begins_behind_the_newest_event(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1), step(2)))
    with telemetry.stream(f"/runs/{run}/events?from=now") as stream:
        assert stream.next().id == "k3v9-2"
        telemetry.post(run, *numbered(3, step(3)))
        assert stream.next().id == "k3v9-3"


@pytest.mark.parametrize("place", ["k3v9-2", "?after"])
@pytest.mark.parametrize("view", ["events", "live"])
def test_a_reconnect_that_stands_at_the_end_gets_204(telemetry: Server, run: str, place: str, view: str) -> None:
    telemetry.post(run, *numbered(1, step(1), finished()))
    query, headers = ("?after=2", {}) if place == "?after" else ("", {"Last-Event-ID": place})
    answer = telemetry.get(f"/runs/{run}/{view}{query}", **headers)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("place", "reason"),
    [("other-1", "other_epoch"), ("k3v9-9", "ahead"), ("nonsense", "unreadable"), ("k3v9-x", "unreadable")],
)
def test_a_place_that_cannot_be_had_is_a_gap_and_then_the_oldest_event(
    telemetry: Server, run: str, place: str, reason: str
) -> None:
    telemetry.post(run, *numbered(1, step(1), finished()))
    frames = telemetry.frames(f"/runs/{run}/events", **{"Last-Event-ID": place})
    assert kinds(frames) == ["hello", "gap", "myapp.step", "run_finished", "end"]
    hello, gap = frames[:2]
    assert hello.id is None
    assert gap.id is None
    assert gap.data == {
        "type": "gap",
        "run_id": run,
        "requested": place,
        "oldest": "k3v9-1",
        "newest": "k3v9-2",
        "reason": reason,
    }
    lines = telemetry.get(f"/runs/{run}/events?poll=1", **{"Last-Event-ID": place})
    assert problem(lines) == (410, "run-expired")
    facts = lines.json()
    assert (facts["requested"], facts["oldest"], facts["newest"]) == (place, "k3v9-1", "k3v9-2")


def test_a_place_ahead_of_an_open_log_waits_until_the_log_is_there(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1)))
    with telemetry.stream(f"/runs/{run}/events?after=k3v9-2") as stream:
        assert stream.next().id == "k3v9-2"
        telemetry.post(run, *numbered(2, step(2), step(3)))
        assert stream.next().id == "k3v9-3"


def test_a_place_ahead_becomes_a_gap_when_the_log_ends_before_it(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1)))
    with telemetry.stream(f"/runs/{run}/events?after=k3v9-7") as stream:
        assert stream.next().event == "hello"
        telemetry.post(run, *numbered(2, finished()))
        frames = stream.rest()
    assert kinds(frames) == ["gap", "myapp.step", "run_finished", "end"]
    assert (frames[0].data["requested"], frames[0].data["reason"]) == ("k3v9-7", "ahead")


def test_a_stream_of_an_unknown_run_waits_for_its_first_event(telemetry: Server, run: str) -> None:
    with telemetry.stream(f"/runs/{run}/events?heartbeat=1") as stream:
        hello = stream.next()
        assert (hello.data["status"], hello.data["seq"], hello.id) == ("waiting", 0, None)
        beat = stream.next()
        assert (beat.event, beat.id, beat.data["seq"], beat.data["run_id"]) == ("heartbeat", None, 0, run)
        assert beat.data["time"].endswith("Z")
        telemetry.post(run, *numbered(1, step(1)))
        assert stream.next().id == "k3v9-1"
    assert problem(telemetry.get(f"/runs/{run}x/events?wait=0")) == (404, "unknown-run")


@pytest.mark.parametrize(("place", "then"), [("k3v9-1", ["myapp.step"]), ("zz-1", ["gap", "myapp.step", "myapp.step"])])
def test_a_place_in_a_run_that_is_not_known_yet_is_looked_up_when_it_begins(
    telemetry: Server, run: str, place: str, then: list[str]
) -> None:
    with telemetry.stream(f"/runs/{run}/events", **{"Last-Event-ID": place}) as stream:
        assert stream.next().id == place
        telemetry.post(run, *numbered(1, step(1), step(2)))
        assert kinds(stream.take(len(then))) == then


def test_a_resumed_run_goes_on_after_the_end_that_was_sent(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1), finished("failed")))
    last = telemetry.frames(f"/runs/{run}/events")[-1]
    assert last.id == "k3v9-2"
    telemetry.post(run, *numbered(3, {"type": "run_resumed", "data": {}}))
    with telemetry.stream(f"/runs/{run}/events", **{"Last-Event-ID": last.id}) as stream:
        assert kinds(stream.take(2)) == ["hello", "run_resumed"]
        telemetry.post(run, *numbered(4, finished()))
        end = stream.rest()[-1]
    assert (end.event, end.data["status"], end.data["resumable"]) == ("end", "completed", False)


def test_event_message_leaves_out_the_event_lines(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1), finished()))
    for view in ("events", "live"):
        frames = telemetry.frames(f"/runs/{run}/{view}?event=message&heartbeat=1")
        assert all("event" not in frame.fields for frame in frames)
        assert frames[0].data["type"] == "hello"
        assert frames[-1].data["type"] == "end"


def test_limit_ends_the_stream_after_so_many_events(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, *[step(n) for n in range(5)]))
    frames = telemetry.frames(f"/runs/{run}/events?after=1&limit=2")
    assert [frame.id for frame in frames] == ["k3v9-1", "k3v9-2", "k3v9-3"]


@pytest.mark.parametrize(
    "query",
    ["heartbeat=0", "heartbeat=x", "heartbeat=4000", "from=here", "event=x", "limit=0", "wait=maybe", "heartbeat=nan"],
)
def test_a_parameter_that_means_nothing_is_refused_by_name(telemetry: Server, run: str, query: str) -> None:
    answer = telemetry.get(f"/runs/{run}/events?{query}")
    assert problem(answer) == (422, "invalid-parameter")
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]


@pytest.mark.parametrize("view", ["events", "live"])
def test_head_answers_with_the_head_and_ends(telemetry: Server, run: str, view: str) -> None:
    answer = telemetry.client.head(f"{telemetry.url}/runs/{run}/{view}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    telemetry.post(run, *numbered(1, finished()))
    assert telemetry.client.head(f"{telemetry.url}/runs/{run}/{view}?after=1").status_code == 204
    assert telemetry.client.head(f"{telemetry.url}/runs/{run}x/{view}?wait=0").status_code == 404


def test_more_than_memory_holds_is_streamed_from_the_store_without_gap_or_twin(telemetry: Server, run: str) -> None:
    pad = "x" * 60_000
    for first in range(1, 101, 10):
        events = [{"type": "my.a", "data": {"n": n, "pad": pad}} for n in range(first, first + 10)]
        telemetry.post(run, *numbered(first, *events))
    with telemetry.stream(f"/runs/{run}/events") as stream:
        stream.next()
        telemetry.post(run, *numbered(101, step(101), finished()))
        frames = stream.rest()
    assert [frame.id for frame in frames] == [f"k3v9-{seq}" for seq in [*range(1, 103), 102]]
    assert len(telemetry.lines(run)) == 102


def test_subscribers_and_deliveries_are_counted(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1)))
    with telemetry.stream(f"/runs/{run}/events") as log_stream, telemetry.stream(f"/runs/{run}/live") as live:
        log_stream.take(2)
        live.next()
        answer = telemetry.post(run, *numbered(2, step(2)))
        assert answer.json()["subscribers"] == telemetry.run(run)["subscribers"] == 2
        log_stream.next()
    telemetry.wait_until("both leave", lambda: telemetry.run(run)["subscribers"] == 0)
    assert telemetry.run(run)["delivered"] >= 2


def test_lines_come_up_to_the_newest_event_and_the_head_says_where_that_is(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(1), step(2), step(3)))
    answer = telemetry.get(f"/runs/{run}/events", Accept="application/x-ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert (answer.headers["position"], answer.headers["run-ended"]) == ("k3v9-3", "false")
    assert [json.loads(line)["seq"] for line in answer.text.splitlines()] == [1, 2, 3]
    part = telemetry.get(f"/runs/{run}/events?poll=1&limit=1&after=k3v9-1")
    assert (part.headers["position"], part.text.count("\n")) == ("k3v9-2", 1)
    telemetry.post(run, *numbered(4, finished()))
    assert telemetry.get(f"/runs/{run}/events?poll=1&limit=2").headers["run-ended"] == "false"
    rest = telemetry.get(f"/runs/{run}/events?poll=1", **{"Last-Event-ID": "k3v9-3"})
    assert (rest.headers["position"], rest.headers["run-ended"], rest.text.count("\n")) == ("k3v9-4", "true", 1)
    nothing = telemetry.get(f"/runs/{run}/events?poll=1&after=4")
    assert (nothing.headers["position"], nothing.headers["run-ended"], nothing.text) == ("k3v9-4", "true", "")
    assert problem(telemetry.get(f"/runs/{run}x/events?poll=1")) == (404, "unknown-run")


def test_followed_lines_go_on_until_the_run_ends(telemetry: Server, run: str) -> None:
    with telemetry.stream(f"/runs/{run}/events?follow=1", Accept="application/x-ndjson") as stream:
        telemetry.post(run, *numbered(1, step(1), step(2)))
        telemetry.post(run, *numbered(3, finished()))
        lines = [json.loads(line) for line in stream.response.iter_lines()]
    assert stream.response.headers["content-type"] == "application/x-ndjson"
    assert [line["seq"] for line in lines] == [1, 2, 3]
