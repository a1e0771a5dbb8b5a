"""A disk that takes nothing more: producers are told to come back, readers read on, nothing is lost or invented."""

import resource
import sys

import pytest

from tests.telemetry.server import Server, finished, log, numbered, problem, step

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")


def allow(server: Server, size: int) -> None:
    assert server.process is not None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_log_that_cannot_be_written_is_503_and_the_events_are_taken_when_it_can(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    with own.stream("/runs/a/events") as stream:
        stream.take(2)
        allow(own, 1)
        answer = own.post("a", *numbered(2, log("2"), log("3")))
        assert problem(answer)[0] == 503
        assert answer.headers["retry-after"]
        body = answer.json()
        assert (body["accepted"], body["high_water"], body["expected"]) == (0, 1, 2)
        assert problem(own.get("/health/ready"))[0] == 503
        assert own.run("a")["count"] == 1
        assert len(own.lines("a")) == 1
        assert problem(own.post("b", step()))[0] == 503
        assert problem(own.get("/runs/b")) == (404, "unknown-run")
        allow(own, resource.RLIM_INFINITY)
        assert own.post("a", *numbered(2, log("2"), log("3"))).json()["accepted"] == 2
        assert own.get("/health/ready").status_code == 200
        own.post("a", *numbered(4, finished()))
        assert [frame.id for frame in stream.rest()] == ["k3v9-2", "k3v9-3", "k3v9-4", "k3v9-4"]
    assert own.metric("acm2_store_failures_total") >= 2


def test_a_refused_event_that_cannot_be_kept_is_still_refused_and_counted(own: Server) -> None:
    allow(own, 1)
    answer = own.post("a", {"type": "nope"})
    assert problem(answer) == (422, "invalid-event")
    assert own.metric('acm2_events_rejected_total{reason="invalid-event"}') == 1
