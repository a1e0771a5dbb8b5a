"""The checkers see what they are there for: a soak that cannot fail would prove nothing."""

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from shared.stored import write_line
from shared.strict_json import dumps
from tests.faults.check_run import RunFacts, check_run
from tests.faults.check_viewers import Verdict, check_viewer
from tests.faults.deaths import Span, died_without_a_kill, in_flight_at
from tests.faults.logs import Log, read_log
from tests.faults.moody_provider import Asked
from tests.faults.sse_client import SseReader
from tests.faults.timeline import Fault
from tests.faults.viewers import Seen, Viewer

EPOCH, RUN = "e1", "r"
ASKED, CALL = Asked("judge", "MARK-1x", None), "c1"
STORY: list[tuple[str, dict[str, Any]]] = [
    ("run_planned", {"planned_calls": 1}),
    ("run_started", {}),
    ("call_queued", {"call_id": CALL}),
    ("call_started", {"call_id": CALL}),
    ("attempt_started", {"call_id": CALL, "attempt": 1}),
    ("attempt_succeeded", {"call_id": CALL, "attempt": 1}),
    ("call_succeeded", {"call_id": CALL, "attempts": 1}),
    ("score_recorded", {"item_id": "i"}),
    ("log", {"message": "hi"}),
]


def log_of(story: list[tuple[str, dict[str, Any]]]) -> Log:
    def line(seq: int, type_: str, data: dict[str, Any]) -> str:
        time = f"2026-11-22T10:00:{seq:02}.000Z"
        return write_line(type_=type_, run_id=RUN, seq=seq, epoch=EPOCH, id_=None, time=time, data=dumps(data)).decode()

    lines = [line(seq, type_, data) for seq, (type_, data) in enumerate(story, 1)]
    before = read_log("\n".join(lines))
    finished = {"status": "completed", "events": len(lines), "digest": before.digest}
    return read_log("\n".join([*lines, line(len(lines) + 1, "run_finished", finished)]))


LOG = log_of(STORY)


def shown(log: Log) -> dict[str, Any]:
    return {
        "epoch": EPOCH,
        "status": "completed",
        "stats": log.stats(),
        "complete": True,
        "count": len(log.lines),
        "digest": log.digest,
        "telemetry": {"pending": 0, "discarded": 0},
    }


def facts(log: Log, counted: int = 1) -> RunFacts:
    return RunFacts(RUN, log, shown(log), shown(log), {ASKED: CALL}, Counter({ASKED: counted}))


def seen(event: str, data: dict[str, Any], id_: str | None = None, line: str = "") -> Seen:
    return Seen(0.0, event, id_, {"type": event, "run_id": RUN, **data}, line)


def stored(seq: int) -> Seen:
    event = LOG.events[seq - 1]
    return Seen(0.0, event["type"], f"{EPOCH}-{seq}", event, LOG.lines[seq - 1])


END = seen(
    "end",
    {"seq": len(LOG.lines), "count": len(LOG.lines), "digest": LOG.digest, "complete": True, "status": "completed"},
)
HELLO = seen("hello", {"seq": 0})
FINAL_STATS = seen("fpf_stats_update", {"seq": len(LOG.lines), "stats": LOG.stats()})


def verdict(kind: str, frames: list[Seen]) -> Verdict:
    viewer = Viewer("v", kind, str, "/", httpx.AsyncClient(), frames=frames)
    return check_viewer(viewer, {RUN: LOG}, {RUN: EPOCH})


def test_a_whole_log_stream_is_well() -> None:
    result = verdict("log", [HELLO, *(stored(seq) for seq in range(1, 11)), END])
    assert (result.received, result.lost, result.doubled, result.wrong) == (10, 0, 0, [])


def test_a_hole_and_a_twin_in_a_log_stream_are_counted() -> None:
    result = verdict("log", [HELLO, *(stored(seq) for seq in (1, 2, 2, 3, 4, 5, 8, 9, 10)), END])
    assert (result.lost, result.doubled) == (2, 1)
    assert result.wrong


def test_a_gap_that_is_said_is_no_loss() -> None:
    gap = seen("gap", {"requested": "x-2", "oldest": f"{EPOCH}-1", "newest": f"{EPOCH}-10"})
    result = verdict("log", [HELLO, stored(1), stored(2), gap, *(stored(seq) for seq in range(1, 11)), END])
    assert (result.lost, result.doubled, result.gaps, result.wrong) == (0, 0, 1, [])


@pytest.mark.parametrize("frames", [[], [END, stored(10)], [*(stored(seq) for seq in range(1, 11))]])
def test_a_stream_without_its_end_is_wrong(frames: list[Seen]) -> None:
    assert verdict("log", frames).wrong


def test_live_a_missing_score_a_twin_and_stats_that_go_back_are_seen() -> None:
    assert verdict("live", [HELLO, stored(8), stored(9), FINAL_STATS, END]).wrong == []
    assert verdict("live", [HELLO, stored(9), FINAL_STATS, END]).lost == 1
    assert verdict("live", [HELLO, stored(8), stored(8), stored(9), FINAL_STATS, END]).doubled == 1
    back = seen("fpf_stats_update", {"seq": 9, "stats": {}})
    assert verdict("live", [HELLO, stored(8), stored(9), FINAL_STATS, back, END]).wrong


def test_a_whole_run_is_well() -> None:
    assert check_run(facts(LOG), exactly=True) == []


@pytest.mark.parametrize("counted", [0, 2])
def test_a_count_of_the_provider_that_differs_is_seen(counted: int) -> None:
    assert check_run(facts(LOG, counted), exactly=False)


def test_an_attempt_after_a_success_and_one_without_an_end_are_seen() -> None:
    again = ("attempt_started", {"call_id": CALL, "attempt": 2})
    wrong = check_run(facts(log_of([*STORY, again]), counted=2), exactly=False)
    assert any("though it had succeeded" in each for each in wrong)
    assert any("never ended" in each for each in wrong)


def test_a_number_that_one_side_shows_otherwise_is_seen() -> None:
    found = facts(LOG)
    found.at_telemetry["stats"] = {**LOG.stats(), "attempts": 7}
    assert check_run(found, exactly=True) == [f"{RUN}: telemetry shows attempts 7, the log has 1"]


def test_an_id_counts_when_its_frame_is_whole() -> None:
    reader = SseReader()
    whole = b"retry: 2500\nid: e-1\nevent: log\ndata: " + json.dumps({"a": 1}).encode() + b"\n\nid: e-2\nevent: log\n"
    frames = [frame for byte in whole for frame in reader.feed(bytes([byte]))]
    assert [(frame.id, frame.event, frame.data) for frame in frames] == [("e-1", "log", '{"a": 1}')]
    assert reader.retry_ms == 2500


def test_an_attempt_that_died_without_a_kill_is_seen() -> None:
    kill = Fault("worker killed", began_s=0.0, wall_s=100.0)
    of_it = Span("c/1", began_s=99.5, ended_s=100.1, failed_as="worker_died")
    of_nothing = Span("c/2", began_s=110.0, ended_s=111.0, failed_as="worker_died")
    assert in_flight_at(kill, [of_it, of_nothing]) == 1
    assert died_without_a_kill([of_it], [kill]) == []
    assert len(died_without_a_kill([of_it, of_nothing], [kill])) == 1
