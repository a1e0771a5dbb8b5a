"""Several runs on one connection, and the summary of all."""

import pytest

from tests.telemetry.server import Frame, Server, finished, kinds, log, numbered, problem, step


def about(frames: list[Frame], run: str) -> list[str]:
    return [frame.event for frame in frames if frame.data["run_id"] == run]


def test_each_run_comes_as_on_its_own_stream_under_ids_that_name_every_place(telemetry: Server, run: str) -> None:
    a, b, c = run + "a", run + "b", run + "c"
    telemetry.post(a, *numbered(1, log("1"), step(2), epoch="ea"))
    telemetry.post(b, *numbered(1, log("1"), epoch="eb"))
    with telemetry.stream(f"/live?run={a}&run={b}&run={c}") as stream:
        frames = stream.take(9)
        assert frames[0].event == "hello"
        assert (frames[0].data["run_id"], frames[0].id) == (None, None)
        assert [one["status"] for one in frames[0].data["runs"]] == ["open", "open", "waiting"]
        for one in (a, b):
            assert about(frames, one) == ["log", "status_update", "fpf_stats_update"]
        assert about(frames, c) == ["status_update", "fpf_stats_update"]
        ids = [frame.id for frame in frames if frame.id]
        assert ids == [f"{a}:ea-1", f"{a}:ea-2", f"{a}:ea-2,{b}:eb-1", f"{a}:ea-2,{b}:eb-1"]
        telemetry.post(c, *numbered(1, log("1"), epoch="ec"))
        assert stream.until("fpf_stats_update")[-1].id == f"{a}:ea-2,{b}:eb-1,{c}:ec-1"
        telemetry.post(a, *numbered(3, finished(), epoch="ea"))
        end = stream.until("end")[-1]
        assert (end.data["run_id"], end.id) == (a, f"{a}:ea-3,{b}:eb-1,{c}:ec-1")
        for one, epoch in ((b, "eb"), (c, "ec")):
            telemetry.post(one, *numbered(2, finished(), epoch=epoch))
        rest = stream.rest()
    last = f"{a}:ea-3,{b}:eb-2,{c}:ec-2"
    assert (rest[-1].event, rest[-1].id) == ("end", last)
    assert telemetry.get(f"/live?run={a}&run={b}&run={c}", **{"Last-Event-ID": last}).status_code == 204


def test_a_resume_goes_on_at_every_place_and_an_end_that_may_be_owed_comes_again(telemetry: Server, run: str) -> None:
    a, b, c = run + "a", run + "b", run + "c"
    telemetry.post(a, *numbered(1, log("1"), log("2"), finished(), epoch="ea"))
    telemetry.post(b, *numbered(1, log("1"), log("2"), finished(), epoch="eb"))
    telemetry.post(c, *numbered(1, log("1"), finished(), epoch="ec"))
    place = f"{a}:ea-3,{b}:eb-1"
    frames = telemetry.frames(f"/live?run={a}&run={b}&run={c}", **{"Last-Event-ID": place})
    assert frames[0].id == place
    assert about(frames, a) == ["status_update", "fpf_stats_update", "end"]
    assert about(frames, b) == ["log", "status_update", "fpf_stats_update", "end"]
    assert about(frames, c) == ["log", "status_update", "fpf_stats_update", "end"]


def test_a_run_that_began_after_the_position_was_given_is_owed_whole(telemetry: Server, run: str) -> None:
    a, b = run + "a", run + "b"
    telemetry.post(a, *numbered(1, step(1), epoch="ea"))
    with telemetry.stream(f"/live?run={a}&run={b}") as stream:
        place = [frame.id for frame in stream.take(5) if frame.id][-1]
    assert place == f"{a}:ea-1"
    telemetry.post(b, *numbered(1, step(1), step(2), log("x"), finished(), epoch="eb"))
    telemetry.post(a, *numbered(2, finished(), epoch="ea"))
    frames = telemetry.frames(f"/live?run={a}&run={b}", **{"Last-Event-ID": place})
    assert about(frames, b) == ["myapp.step", "myapp.step", "log", "status_update", "fpf_stats_update", "end"]
    assert frames[0].id == place


def test_a_place_of_another_epoch_is_a_gap_of_that_run_only(telemetry: Server, run: str) -> None:
    a, b = run + "a", run + "b"
    for one in (a, b):
        telemetry.post(one, *numbered(1, log("1"), finished()))
    frames = telemetry.frames(f"/live?run={a}&run={b}", **{"Last-Event-ID": f"{a}:k3v9-1,{b}:zz-1"})
    assert about(frames, a) == ["status_update", "fpf_stats_update", "end"]
    assert about(frames, b) == ["gap", "log", "status_update", "fpf_stats_update", "end"]
    assert frames[0].id == f"{a}:k3v9-1"


def test_an_unreadable_place_is_a_gap_of_every_run(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, finished()))
    frames = telemetry.frames(f"/live?run={run}", **{"Last-Event-ID": "nonsense"})
    assert about(frames, run) == ["gap", "status_update", "fpf_stats_update", "end"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("&".join(f"run=r{n}" for n in range(33)), (422, "invalid-parameter")),
        ("run=a%20b", (422, "invalid-id")),
        ("run=never-begun&wait=0", (404, "unknown-run")),
    ],
)
def test_a_wrong_list_of_runs_is_refused(telemetry: Server, query: str, expected: tuple[int, str]) -> None:
    assert problem(telemetry.get(f"/live?{query}")) == expected


def test_a_run_that_is_deleted_ends_and_the_others_go_on(telemetry: Server, run: str) -> None:
    a, b = run + "a", run + "b"
    for one in (a, b):
        telemetry.post(one, *numbered(1, log("1")))
    with telemetry.stream(f"/live?run={a}&run={b}") as stream:
        stream.take(7)
        assert telemetry.client.delete(f"{telemetry.url}/runs/{a}").status_code == 204
        end = stream.until("end")[-1]
        assert (end.data["run_id"], end.data["status"]) == (a, "deleted")
        telemetry.post(b, *numbered(2, finished()))
        assert kinds(stream.rest())[-1] == "end"
    frames = telemetry.frames(f"/live?run={a}&run={b}")
    assert about(frames, a) == ["end"]
    assert about(frames, b)[-1] == "end"
    assert problem(telemetry.get(f"/live?run={a}")) == (410, "run-expired")


def test_the_summary_shows_every_unfinished_run_without_ids(own: Server) -> None:
    own.post("done", *numbered(1, finished()))
    own.post("open", *numbered(1, log("1")))
    with own.stream("/live") as stream:
        hello, status, stats = stream.take(3)
        assert (hello.event, hello.data["run_id"]) == ("hello", None)
        assert (status.event, status.data["run_id"], status.data["status"]) == ("status_update", "open", "open")
        assert (stats.event, stats.data["run_id"], stats.data["seq"]) == ("fpf_stats_update", "open", 1)
        own.post("open", *numbered(2, {"type": "run_started", "data": {}}))
        assert stream.until("status_update")[-1].data["status"] == "running"
        own.post("new", *numbered(1, log("1")))
        assert stream.until("status_update")[-1].data["run_id"] == "new"
        own.post("new", *numbered(2, finished()))
        assert stream.until("status_update")[-1].data["status"] == "completed"
        assert stream.next().id is None
    own.stop()
    own.start()
    with own.stream("/live") as stream:
        _, status, stats = stream.take(3)
        assert (status.data["run_id"], status.data["status"]) == ("open", "running")
        assert stats.data["seq"] == 2
