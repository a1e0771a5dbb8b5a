"""What a run looks like, on a terminal and in a log."""

from io import StringIO

import pytest
from rich.console import Console

from services.cli.clients.frames import Frame, LinkDown, LinkUp
from services.cli.showing.live_panel import panel
from services.cli.showing.plain_lines import AT_LEAST_EVERY_S, EVERY_S, PlainLines, progress_line
from services.cli.showing.run_view import RunView
from shared.stored import format_time
from tests.cli.runs import RUN, stats, stored

NOW_MS = 1_700_000_000_000


def a_view(status: str = "running", **numbers: object) -> RunView:
    view = RunView(RUN)
    view.take(Frame(event="hello", data={"status": status, "producer": None}), 0.0)
    view.take(Frame(event="fpf_stats_update", data={"stats": stats(**numbers)}), 0.0)
    return view


def drawn(view: RunView, now_s: float = 1.0, width: int = 120) -> str:
    out = StringIO()
    Console(file=out, width=width, force_terminal=False).print(panel(view, now_s, NOW_MS))
    return out.getvalue()


def test_every_counter_of_the_main_job_is_on_the_panel() -> None:
    text = drawn(
        a_view(
            successful_calls=12,
            failed_calls=1,
            retries=3,
            in_flight=2,
            total_calls=15,
            planned_calls=21,
            current_phase="single_eval",
            calls_per_minute=34.21,
            eta_s=76.0,
            in_flight_calls=[
                {
                    "call_id": "c",
                    "label": "Evaluating doc_1",
                    "attempt": 2,
                    "waits_for": "backoff",
                    "since": format_time(NOW_MS - 83_000),
                },
            ],
            errors=[{"kind": "timeout", "count": 2, "message": "no answer", "recovered": True}],
        )
    )
    for shown in (
        "12 ok", "1 failed", "3 retried", "2 in flight", "21 planned", "single eval", "34.2/min", "ETA 1:16",
        "Evaluating doc_1  1:23", "attempt 2", "backing off", "timeout x2 (recovered): no answer",
    ):  # fmt: skip
        assert shown in text


def test_what_is_unknown_is_never_shown_as_zero() -> None:
    text = drawn(a_view(cost_usd=None, planned_calls=None, input_tokens=None, output_tokens=5))
    assert "cost unknown" in text
    assert "- planned" in text
    assert "tokens - in, 5 out" in text
    assert "$0" not in text


def test_the_panel_fits_a_narrow_terminal() -> None:
    assert all(len(line) <= 40 for line in drawn(a_view(successful_calls=1), width=40).splitlines())


def test_a_broken_link_is_on_the_panel_since_when_and_why() -> None:
    view = a_view()
    view.take(LinkDown(since="10:15:32", reason="cannot connect", retry_in_s=1), 1.0)
    assert "stats link down since 10:15:32 (cannot connect)" in drawn(view)
    view.take(LinkUp(), 2.0)
    assert "link down" not in drawn(view)


def test_a_stream_that_is_quiet_shows_how_old_its_last_word_is() -> None:
    assert "last word 0:42 ago" in drawn(a_view(), now_s=42.0)


def test_a_run_that_is_over_has_no_link_to_speak_of() -> None:
    view = a_view()
    view.take(Frame(event="end", data={"status": "completed"}), 1.0)
    assert "live" not in drawn(view, now_s=500.0)


def test_a_broken_promise_is_shown() -> None:
    assert "9 attempts, but the ceiling was 8" in drawn(a_view(violations=["9 attempts, but the ceiling was 8"]))


def test_somebody_elses_text_is_no_markup_and_cannot_steer_the_terminal() -> None:
    text = drawn(a_view(in_flight_calls=[{"call_id": "c", "label": "[red]a\x1b[2Jb\n\nc"}]))
    assert "[red]a [2Jb c" in text
    assert "\x1b" not in text


def test_lines_come_at_once_for_what_has_weight_and_else_every_few_seconds() -> None:
    lines = PlainLines()
    assert lines.due(RunView(RUN), 0.0) == []
    assert len(lines.due(a_view(successful_calls=1), 0.0)) == 1
    assert lines.due(a_view(successful_calls=2), 1.0) == []
    assert len(lines.due(a_view(successful_calls=2), EVERY_S)) == 1
    assert lines.due(a_view(successful_calls=2), 2 * EVERY_S) == []
    assert len(lines.due(a_view("cancelling", successful_calls=2), 2 * EVERY_S)) == 1
    assert len(lines.due(a_view("cancelling", successful_calls=2), 2 * EVERY_S + AT_LEAST_EVERY_S)) == 1


def test_a_line_says_it_all() -> None:
    line = progress_line(
        a_view(
            successful_calls=3,
            planned_calls=9,
            current_phase="generation",
            current_call="Writing doc_2",
            last_error={"kind": "server", "message": "HTTP 500", "recovered": False},
        )
    )
    assert line == (
        "running · generation | 3 ok, 0 failed, 0 retried, 0 in flight of 9 planned | -/min | ETA - "
        "| now: Writing doc_2 | last error server: HTTP 500"
    )


@pytest.mark.parametrize(
    ("status", "producer", "silent"),
    [
        ("running", None, False),
        ("running", {"state": "live"}, False),
        ("running", {"state": "silent"}, True),
        ("interrupted", None, True),
        ("interrupted", {"state": "live"}, False),
        ("open", {"state": "silent"}, False),
        ("completed", {"state": "silent"}, False),
    ],
)
def test_nobody_works_on_a_run_that_is_interrupted_or_whose_producer_is_silent(
    status: str, producer: dict[str, str] | None, silent: bool
) -> None:
    view = RunView(RUN)
    view.take(Frame(event="status_update", data={"status": status, "producer": producer}), 0.0)
    assert view.silent is silent


def test_scores_are_means_and_a_repeat_counts_once() -> None:
    view = RunView(RUN)
    for seq, score in ((1, 2), (2, 5), (2, 5)):
        data = stored("score_recorded", seq, item_id="i", document="doc_1", scores={"Clarity": score})
        view.take(Frame(event="score_recorded", data=data), 0.0)
    other = stored("score_recorded", 3, item_id="j", document="doc_2", scores={"Depth": 4})
    view.take(Frame(event="score_recorded", data=other), 0.0)
    assert view.scores.criteria == ["Clarity", "Depth"]
    assert view.scores.rows() == [("doc_1", [3.5, None]), ("doc_2", [None, 4.0])]
    view.take(Frame(event="gap", data={"reason": "other epoch"}), 0.0)
    assert view.scores.rows() == []
