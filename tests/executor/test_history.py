"""What a log says of a run's earlier lives, and what follows from it at the next start."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.executor.config import Config
from services.executor.core.lives.auto_resume import interrupted, what_next
from services.executor.core.lives.history import History
from services.executor.core.presets.new_limits import ceiling_from_here
from services.executor.core.presets.preset import Limits
from shared.status import RunStatus
from shared.stored import format_time

MINUTE_MS = 60_000


def history(*events: tuple[str, dict[str, Any]], step_ms: int = 1000) -> History:
    past = History()
    for number, (type_, data) in enumerate(events):
        past.take(type_, number * step_ms, data)
    return past


def call(state: str, call_id: str = "c") -> tuple[str, dict[str, Any]]:
    return f"call_{state}", {"call_id": call_id}


def died(call_id: str = "c") -> tuple[str, dict[str, Any]]:
    return "attempt_failed", {"call_id": call_id, "attempt": 1, "error": {"kind": "worker_died"}}


PLANNED: tuple[str, dict[str, Any]] = ("run_planned", {})
STARTED: tuple[str, dict[str, Any]] = ("run_started", {})
STOPPED: tuple[str, dict[str, Any]] = ("run_interrupted", {"reason": "x"})
PAUSED: tuple[str, dict[str, Any]] = ("run_paused", {"reason": "asked"})
ASKED: tuple[str, dict[str, Any]] = ("run_resumed", {"reason": "asked"})
ALONE: tuple[str, dict[str, Any]] = ("run_resumed", {"reason": "automatic"})


def test_only_a_person_makes_a_failed_call_one_to_be_asked_again() -> None:
    failed = (PLANNED, STARTED, call("queued"), call("started"), call("failed"), STOPPED)
    assert history(*failed).of("c").settled
    assert history(*failed, ALONE).of("c").settled
    assert not history(*failed, ASKED).of("c").settled
    assert history(*failed, ASKED, call("queued"), call("failed")).of("c").settled
    assert history(PLANNED, STARTED, call("failed"), PAUSED, ASKED).of("c").settled


def test_deaths_are_counted_over_all_lives_until_a_person_resumes() -> None:
    lives = (PLANNED, STARTED, died(), STOPPED, ALONE, died(), STOPPED)
    assert history(*lives).of("c").deaths == 2
    assert history(*lives, ASKED).of("c").deaths == 0


def test_going_on_by_itself_is_counted_until_a_call_is_answered() -> None:
    assert history(PLANNED, STOPPED, ALONE, STOPPED, ALONE).automatic == 2
    assert history(PLANNED, STOPPED, ALONE, call("lost"), STOPPED, ALONE).automatic == 2
    assert history(PLANNED, STOPPED, ALONE, call("succeeded"), STOPPED, ALONE).automatic == 1
    assert history(PLANNED, STOPPED, ALONE, STOPPED, ASKED).automatic == 0


def test_time_runs_while_the_run_does_and_from_the_start_when_a_person_takes_it_up() -> None:
    assert history(PLANNED, STARTED, call("queued"), PAUSED, ASKED, call("started"), STOPPED).running_ms == 3000
    assert history(PLANNED, STARTED, call("queued"), STOPPED, ALONE, call("started"), STOPPED).running_ms == 2000
    assert history(PLANNED, STARTED, call("queued"), STOPPED, ASKED).running_ms == 0


def test_a_phase_is_open_that_began_last() -> None:
    marks = [("phase_started", {"phase": "generation"}), ("phase_finished", {"phase": "generation"})]
    assert history(PLANNED, STARTED, marks[0]).open_phases == {"generation"}
    assert history(PLANNED, STARTED, *marks).open_phases == set()
    assert history(PLANNED, STARTED, *marks, marks[0]).open_phases == {"generation"}


@pytest.mark.parametrize(
    ("status", "why", "then"),
    [
        (RunStatus.RUNNING, None, "go on"),
        (RunStatus.PLANNED, None, "go on"),
        (RunStatus.PAUSED, "storage", "go on"),
        (RunStatus.PAUSED, "asked", "wait"),
        (RunStatus.CANCELLING, "asked", "cancel"),
    ],
)
def test_what_a_run_was_doing_decides_what_becomes_of_it(status: RunStatus, why: str | None, then: str) -> None:
    data = interrupted("x", status=status, why=why, stopped_ms=MINUTE_MS)
    assert what_next(data, 5 * MINUTE_MS, now_ms=5 * MINUTE_MS, limit_s=900) == then


@pytest.mark.parametrize(("limit_s", "then"), [(0, "wait"), (239, "wait"), (240, "go on"), (900, "go on")])
def test_an_interruption_is_as_old_as_the_run_has_stood_still(limit_s: float, then: str) -> None:
    data = interrupted("x", status=RunStatus.RUNNING, why=None, stopped_ms=MINUTE_MS)
    assert what_next(data, 5 * MINUTE_MS, now_ms=5 * MINUTE_MS, limit_s=limit_s) == then


def test_an_interruption_of_an_older_version_is_as_old_as_its_event() -> None:
    assert what_next({"reason": "x"}, MINUTE_MS, now_ms=2 * MINUTE_MS, limit_s=60) == "go on"
    assert what_next({"reason": "x", "since": "soon"}, MINUTE_MS, now_ms=2 * MINUTE_MS, limit_s=59) == "wait"
    assert what_next({"since": format_time(0)}, MINUTE_MS, now_ms=2 * MINUTE_MS, limit_s=60) == "wait"


@pytest.mark.parametrize(
    ("made", "missing", "limits", "ceiling"),
    [
        (0, 4, Limits(), 12),
        (7, 4, Limits(), 19),
        (7, 4, Limits(max_requests=10), 10),
        (7, 4, Limits(max_requests=5), 7),
        (7, 0, Limits(max_requests=50), 7),
    ],
)
def test_the_ceiling_is_what_was_made_and_what_can_still_come(
    made: int, missing: int, limits: Limits, ceiling: int
) -> None:
    assert ceiling_from_here(limits, made=made, to_come=missing * limits.max_attempts) == ceiling


@pytest.mark.parametrize(
    ("said", "seconds"), [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("1.5m", 90)]
)
def test_the_age_may_be_said_in_seconds_minutes_or_hours(
    said: str, seconds: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ACM2_AUTO_RESUME", said)
    assert Config(data_dir=tmp_path).auto_resume == seconds


@pytest.mark.parametrize("said", ["-1", "soon", "15 minutes", "1d", "inf", ""])
def test_another_age_is_refused(said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACM2_AUTO_RESUME", said)
    with pytest.raises(ValidationError, match="auto_resume"):
        Config(data_dir=tmp_path)
