"""What comes in while a run is watched: phases, judgements, who leads, what a call waits for, what it will have cost."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from services.cli.clients.frames import Frame
from services.cli.showing.event_line import event_line, is_log
from services.cli.showing.forecast import forecast_usd
from services.cli.showing.live_panel import panel
from services.cli.showing.plain_lines import progress_line
from services.cli.showing.run_view import RunView
from services.cli.showing.waiting_words import waiting_words
from shared.stored import format_time
from tests.cli.runs import RUN, stats, stored

NOW_MS = 1_700_000_000_000
JUDGE = {"provider": "openai", "model": "judge", "settings": {}}
PAIR = {"item_id": "i", "a": "d~1", "b": "d~2", "order": "ba", "winner": "a", "judge": JUDGE, "trial": 1}
SCORE = {"item_id": "s", "document": "d~1", "generator": JUDGE | {"model": "maker"}, "judge": JUDGE, "mean": 4.5,
         "scores": {"Clarity": 4, "Depth": 5}}  # fmt: skip


def a_phase(name: str, planned: int, done: int, **more: Any) -> dict[str, Any]:
    known = {"total_calls": done, "successful_calls": done, "in_flight": 0, "failed_calls": 0, "not_started": 0}
    return {"phase": name, "planned_calls": planned} | known | {"retries": 0, "cost_usd": 0.0} | more


def drawn(view: RunView, width: int = 80) -> list[str]:
    out = StringIO()
    Console(file=out, width=width).print(panel(view, 1.0, NOW_MS))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def seen(*events: tuple[str, int, dict[str, Any]], **numbers: Any) -> RunView:
    view = RunView(RUN)
    view.take(Frame(event="hello", data={"status": "running"}), 0.0)
    view.take(Frame(event="fpf_stats_update", data={"stats": stats(**numbers)}), 0.0)
    for type_, seq, data in events:
        view.take(Frame(event=type_, data=stored(type_, seq, **data)), 0.0)
    return view


def test_five_phases_have_a_line_each_and_the_panel_fits_80_columns() -> None:
    phases = [
        a_phase("generation", 6, 6, failed_calls=1, retries=1, cost_usd=0.0364),
        a_phase("single_eval", 12, 9, in_flight=1, not_started=2),
        a_phase("pairwise_eval", 24, 0),
        a_phase("combine", 2, 0),
        a_phase("post_combine_eval", 24, 0),
    ]
    lines = drawn(seen(by_phase=phases, planned_calls=68, cost_usd=0.0364))
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert "6/6  1 failed  1 retried  $0.0364" in text
    assert "10/12  1 in flight  2 not started" in text
    assert [line.split()[-1] for line in lines if "combine" in line] == ["0/2", "0/24"]


def test_a_single_phase_needs_no_line_of_its_own() -> None:
    assert not [line for line in drawn(seen(by_phase=[a_phase("generation", 2, 1)])) if "phases" in line]


def test_judgements_come_in_one_by_one_and_a_repeat_counts_once() -> None:
    view = seen(("score_recorded", 1, SCORE), ("pair_judged", 2, PAIR), ("pair_judged", 2, PAIR))
    text = "\n".join(drawn(view))
    assert "1 score, 1 pair" in text
    assert "d~1 beats d~2 (d~2 shown first, by openai/judge)" in text
    assert "d~1 4.50 (Clarity 4, Depth 5) by openai/judge" in text
    assert "4.50  openai/maker  (1)" in text
    assert "1 score, 1 pair | leading: 4.50  openai/maker  (1)" in progress_line(view)
    view.take(Frame(event="gap", data={"reason": "dropped"}), 0.0)
    assert view.standings.pairs == 0


def test_the_newest_ranking_leads_whatever_order_they_come_in() -> None:
    def ranked(*names: str, **more: Any) -> dict[str, Any]:
        rows = [
            {"provider": "p", "model": name, "rating": 1.0 - at, "low": 0.0, "high": 2.0}
            for at, name in enumerate(names)
        ]
        return {"ranking": [], "models": rows} | more

    winners = {
        "winners": [
            {"input": "d", "document": "d~2"},
            {"input": "e", "document": None},
            {"input": "f", "document": "f~1", "tied": ["f~2"], "tied_omitted": 3},
        ],
        "ranking": [],
    }
    view = seen(
        ("score_recorded", 1, SCORE),
        ("ranking_changed", 9, ranked("b", "a", post_combine=winners)),
        ("ranking_changed", 5, ranked("a", "b")),
    )
    text = "\n".join(drawn(view))
    assert text.index("+1.00 (+0.00..+2.00)  p/b") < text.index("+0.00 (+0.00..+2.00)  p/a")
    assert "so far   d: d~2" in text
    assert "f: f~1, f~2 and 3 more are just as good" in text
    documents = {"ranking": [{"document": "d~2", "rating": 0.25, "low": None, "high": None}], "models": []}
    assert seen(("ranking_changed", 1, documents)).standings.leaders() == ["+0.25  d~2"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"waits_for": "backoff", "until": format_time(NOW_MS + 11_200), "reason": "429 rate_limited"},
         "backing off 12 s (429 rate_limited)"),
        ({"waits_for": "backoff", "until": format_time(NOW_MS - 5), "reason": None}, "backing off"),
        ({"waits_for": "slot", "until": None}, "waiting for a slot"),
        ({"waits_for": "rate", "until": format_time(NOW_MS + 3000)}, "waiting for its provider 3 s"),
        ({"waits_for": "pause", "until": None}, "paused"),
        ({"waits_for": None, "reason": "old news"}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_call_that_waits_says_for_what_how_long_and_why(call: dict[str, Any], words: str) -> None:
    assert waiting_words(call, NOW_MS) == words


def test_who_backs_off_is_on_the_panel_and_in_the_log() -> None:
    call = {"call_id": "c", "label": "Evaluating d", "waits_for": "backoff", "reason": "429 rate_limited",
            "until": format_time(NOW_MS + 12_000)}  # fmt: skip
    view = seen(in_flight_calls=[call], current_call="Evaluating d")
    assert "Evaluating d  backing off 12 s (429 rate_limited)" in "\n".join(drawn(view))
    assert "now: Evaluating d, backing off (429 rate_limited)" in progress_line(view)


def test_what_it_will_cost_is_each_phase_as_it_went_so_far() -> None:
    phases = [a_phase("generation", 4, 4, cost_usd=0.4), a_phase("single_eval", 8, 2, cost_usd=0.1)]
    assert forecast_usd({"cost_usd": 0.5, "by_phase": phases}) == pytest.approx(0.8)
    view = seen(cost_usd=0.5, by_phase=phases, max_cost_usd=2.0)
    assert "$0.5000 of about $0.8000, limit $2.00" in "\n".join(drawn(view))


@pytest.mark.parametrize(
    "numbers",
    [
        {"cost_usd": None, "by_phase": [a_phase("generation", 4, 2)]},
        {"cost_usd": 0.5, "unpriced_attempts": 1, "by_phase": [a_phase("generation", 4, 2)]},
        {"cost_usd": 0.5, "by_phase": [a_phase("generation", 4, 4), a_phase("single_eval", 4, 0)]},
        {"cost_usd": 0.5, "by_phase": [a_phase("generation", 4, 2) | {"planned_calls": None}]},
        {"cost_usd": 0.5, "by_phase": []},
    ],
)
def test_a_forecast_that_would_be_a_guess_is_not_made(numbers: dict[str, Any]) -> None:
    assert forecast_usd(numbers) is None


def test_money_that_is_unknown_in_part_says_so() -> None:
    text = "\n".join(drawn(seen(cost_usd=0.5, unpriced_attempts=1)))
    assert ">= $0.5000, the cost of 1 attempt is unknown" in text


def test_judgements_are_short_lines_of_the_log() -> None:
    models = [{"provider": "p", "model": name, "rating": 0.5} for name in "abcde"]
    tie = PAIR | {"winner": "tie", "order": "ab"}
    lines = [
        event_line(stored("score_recorded", 1, **SCORE)),
        event_line(stored("pair_judged", 2, **tie)),
        event_line(stored("ranking_changed", 3, ranking=[], models=models)),
        event_line(stored("ranking_changed", 4, ranking=[], models=[])),
    ]
    assert [line.split(" ", 1)[1] for line in lines] == [
        "score d~1 4.50 (Clarity 4, Depth 5) by openai/judge",
        "pair d~1 and d~2 tie (d~1 shown first, by openai/judge)",
        "ranking 1. p/a +0.50, 2. p/b +0.50, 3. p/c +0.50, and 2 more",
        "ranking nobody yet",
    ]
    assert is_log(stored("pair_judged", 1))
    assert not is_log(stored("call_started", 1))
