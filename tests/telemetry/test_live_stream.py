"""The live view: single events none skipped, the newest state, in the order the contract promises."""

from typing import Any

from tests.telemetry.server import Frame, Json, Server, finished, kinds, log, numbered, problem, step


def score(item: str) -> Json:
    return {"type": "score_recorded", "data": {"item_id": item, "scores": {"Relevance": 4}}}


def alert(name: str, state: str = "raised") -> Json:
    return {"type": "alert", "data": {"alert_id": name, "state": state, "message": "!"}}


def ranking(best: str) -> Json:
    return {"type": "ranking_changed", "data": {"ranking": [{"document": best}]}}


def call(name: str, type_: str, **data: Any) -> Json:
    return {"type": type_, "data": {"call_id": name, **data}}


def state_of(frames: list[Frame]) -> list[str]:
    return [frame.event for frame in frames if frame.event in {"status_update", "fpf_stats_update", "end"}]


def test_a_new_viewer_gets_what_matters_of_the_past_in_ascending_order_and_then_the_state(
    telemetry: Server, run: str
) -> None:
    past = [
        {"type": "run_started", "data": {}},
        score("s1"),
        alert("gone"),
        ranking("old"),
        *[log(f"line {n}") for n in range(205)],
        {"type": "pair_judged", "data": {"item_id": "p1", "winner": "a"}},
        alert("gone", "cleared"),
        alert("here"),
        ranking("new"),
        step(1),
        call("c1", "call_started"),
    ]
    telemetry.post(run, *numbered(1, *past))
    with telemetry.stream(f"/runs/{run}/live") as stream:
        frames = stream.until("fpf_stats_update")
    hello, *singles, status, stats = frames
    assert hello.event == "hello"
    assert hello.id is None
    seqs = [frame.data["seq"] for frame in singles]
    assert seqs == [2, *range(10, 210), 210, 212, 213]
    assert [frame.id for frame in singles] == [f"k3v9-{seq}" for seq in seqs]
    assert (status.event, status.id, status.data["status"]) == ("status_update", None, "running")
    assert stats.id == "k3v9-215"
    assert (stats.data["seq"], stats.data["stats"]["in_flight"]) == (215, 1)


def test_a_viewer_with_a_place_gets_what_came_after_it_then_status_and_stats(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1"), step(2), log("3"), call("c", "call_started"), step(5)))
    with telemetry.stream(f"/runs/{run}/live", **{"Last-Event-ID": "k3v9-1"}) as stream:
        frames = stream.until("fpf_stats_update")
    assert kinds(frames) == ["hello", "myapp.step", "log", "myapp.step", "status_update", "fpf_stats_update"]
    assert [frame.id for frame in frames] == ["k3v9-1", "k3v9-2", "k3v9-3", "k3v9-5", None, "k3v9-5"]


def test_from_now_gives_the_state_and_none_of_the_past(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1"), log("2")))
    with telemetry.stream(f"/runs/{run}/live?from=now") as stream:
        frames = stream.until("fpf_stats_update")
        assert kinds(frames) == ["hello", "status_update", "fpf_stats_update"]
        assert [frame.id for frame in frames] == ["k3v9-2", None, "k3v9-2"]
        telemetry.post(run, *numbered(3, log("3")))
        assert kinds(stream.until("fpf_stats_update")) == ["log", "fpf_stats_update"]


def test_single_events_are_never_skipped_and_stats_stand_last_in_their_flush(telemetry: Server, run: str) -> None:
    with telemetry.stream(f"/runs/{run}/live") as stream:
        stream.until("fpf_stats_update")
        seq = 1
        for _ in range(40):
            telemetry.post(run, *numbered(seq, log("x"), step(seq), call(f"c{seq}", "call_started")))
            seq += 3
        telemetry.post(run, *numbered(seq, finished()))
        frames = stream.rest()
    singles = [frame.data["seq"] for frame in frames if frame.event in {"log", "myapp.step"}]
    assert singles == [seq for seq in range(1, 121) if seq % 3 != 0]
    shown = 0
    for frame in frames:
        if frame.event == "fpf_stats_update":
            assert frame.id == f"k3v9-{frame.data['seq']}"
            assert frame.data["stats"]["in_flight"] == frame.data["seq"] // 3
            assert shown <= frame.data["seq"], "an id was sent before all that is owed up to it"
            shown = frame.data["seq"]
        elif frame.event in {"log", "myapp.step"}:
            assert frame.data["seq"] > shown
            shown = frame.data["seq"]
    assert len([frame for frame in frames if frame.event == "fpf_stats_update"]) < 40


def test_the_final_flush_is_status_stats_end(telemetry: Server, run: str) -> None:
    with telemetry.stream(f"/runs/{run}/live") as stream:
        stream.until("fpf_stats_update")
        telemetry.post(run, *numbered(1, log("x"), finished("cancelled")))
        frames = stream.rest()
    assert kinds(frames) == ["log", "status_update", "fpf_stats_update", "end"]
    assert [frame.id for frame in frames] == ["k3v9-1", None, "k3v9-2", "k3v9-2"]
    assert frames[-1].data["status"] == frames[1].data["status"] == "cancelled"


def test_a_waiting_run_is_shown_as_waiting_with_a_state_that_has_no_id(telemetry: Server, run: str) -> None:
    with telemetry.stream(f"/runs/{run}/live") as stream:
        hello, status, stats = stream.take(3)
        assert (hello.data["status"], status.data["status"], stats.data["seq"]) == ("waiting", "waiting", 0)
        assert stats.id is None
        telemetry.post(run, *numbered(1, log("x")))
        frames = stream.until("fpf_stats_update")
    assert kinds(frames) == ["log", "status_update", "fpf_stats_update"]
    assert frames[1].data["status"] == "open"
    assert problem(telemetry.get(f"/runs/{run}x/live?wait=0")) == (404, "unknown-run")


def test_a_place_that_cannot_be_had_is_a_gap_and_then_the_full_state(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1"), score("s")))
    with telemetry.stream(f"/runs/{run}/live", **{"Last-Event-ID": "old-7"}) as stream:
        frames = stream.until("fpf_stats_update")
    assert kinds(frames) == ["hello", "gap", "log", "score_recorded", "status_update", "fpf_stats_update"]
    assert (frames[0].id, frames[1].data["requested"]) == (None, "old-7")


def test_a_place_ahead_waits_and_its_id_does_not_move_back(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    with telemetry.stream(f"/runs/{run}/live?after=k3v9-2") as stream:
        assert [(frame.event, frame.id) for frame in stream.take(2)] == [("hello", "k3v9-2"), ("status_update", None)]
        telemetry.post(run, *numbered(2, log("2"), log("3")))
        assert [(frame.event, frame.id) for frame in stream.take(2)] == [
            ("log", "k3v9-3"),
            ("fpf_stats_update", "k3v9-3"),
        ]


def test_a_place_in_a_run_that_has_not_begun_shows_its_status_and_takes_no_number_back(
    telemetry: Server, run: str
) -> None:
    """A store that lost the run is filled again: the numbers a viewer has are newer than the nothing there is."""
    with telemetry.stream(f"/runs/{run}/live", **{"Last-Event-ID": "k3v9-2"}) as stream:
        hello, status = stream.take(2)
        assert [(one.event, one.id) for one in (hello, status)] == [("hello", "k3v9-2"), ("status_update", None)]
        telemetry.post(run, *numbered(1, log("1"), log("2"), log("3")))
        frames = stream.until("fpf_stats_update")
    assert [(one.event, one.id) for one in frames] == [
        ("log", "k3v9-3"),
        ("status_update", None),
        ("fpf_stats_update", "k3v9-3"),
    ]


def test_a_place_ahead_of_a_log_that_ends_is_a_gap_and_then_the_full_state(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    with telemetry.stream(f"/runs/{run}/live?after=k3v9-9") as stream:
        stream.take(2)
        telemetry.post(run, *numbered(2, finished()))
        frames = stream.rest()
    assert kinds(frames) == ["gap", "log", "status_update", "fpf_stats_update", "end"]


def test_a_resume_far_back_is_fed_from_the_store(telemetry: Server, run: str) -> None:
    pad = "x" * 60_000
    for first in range(1, 81, 10):
        events = [log(pad) if n % 2 else call(f"c{n}-{pad[:150]}", "call_queued") for n in range(first, first + 10)]
        telemetry.post(run, *numbered(first, *events))
    with telemetry.stream(f"/runs/{run}/live?after=k3v9-2") as stream:
        frames = stream.until("fpf_stats_update")
    assert [frame.data["seq"] for frame in frames if frame.event == "log"] == list(range(3, 80, 2))
    assert frames[-1].data["stats"]["queued"] == 40


def test_the_sign_of_life_of_the_producer_is_shown_at_once(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    with telemetry.stream(f"/runs/{run}/live") as stream:
        stream.until("fpf_stats_update")
        said = {"produced": 9, "pending": 8, "oldest_pending_s": 1.5, "storage": "ok"}
        said |= {"executor": "http://localhost:8002"}
        answer = telemetry.client.put(f"{telemetry.url}/runs/{run}/producer", json=said)
        assert answer.status_code == 200
        update = stream.next()
    assert update.event == "status_update"
    assert update.data["producer"] == {
        "state": "live",
        "since": update.data["producer"]["since"],
        "stopped": None,
        **said,
    }
    assert telemetry.run(run)["producer"]["pending"] == 8


def test_a_refused_event_is_shown_to_the_viewers(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, log("1")))
    with telemetry.stream(f"/runs/{run}/live") as stream:
        stream.until("fpf_stats_update")
        telemetry.post(run, {"type": "nope"})
        assert stream.next().data["rejected"] == 1


def test_a_viewer_cut_off_before_its_first_id_is_a_new_viewer_and_misses_nothing_from_then_on(
    telemetry: Server, run: str
) -> None:
    with telemetry.stream(f"/runs/{run}/live") as stream:
        seen = stream.until("fpf_stats_update")
    assert [frame.id for frame in seen] == [None, None, None]
    telemetry.post(run, *numbered(1, step(1), log("2"), step(3)))
    with telemetry.stream(f"/runs/{run}/live") as stream:
        # What somebody's own events said before is no part of what a new viewer gets; log lines are.
        again = stream.until("fpf_stats_update")
        assert [frame.id for frame in again] == [None, "k3v9-2", None, "k3v9-3"]
        telemetry.post(run, *numbered(4, step(4), log("5")))
        assert [frame.id for frame in stream.take(2)] == ["k3v9-4", "k3v9-5"]
    telemetry.post(run, *numbered(6, step(6), finished()))
    rest = telemetry.frames(f"/runs/{run}/live", **{"Last-Event-ID": "k3v9-4"})
    assert [frame.id for frame in rest if frame.event in {"log", "myapp.step"}] == ["k3v9-5", "k3v9-6"]
