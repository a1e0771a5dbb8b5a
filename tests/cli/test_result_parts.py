"""Everything results can say, on a terminal of 80 columns and in a pipe; prices and costs that are unknown stay so."""

from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from rich.console import Console

from services.cli.showing import phrases
from services.cli.showing.call_text import MANY_ATTEMPTS, call_lines
from services.cli.showing.consoles import Consoles
from services.cli.showing.model_name import model_name, model_names
from services.cli.showing.result_tables import result_parts

SMALL = {"provider": "openai", "model": "gpt-5-mini", "settings": {"temperature": 0.2, "max_completion_tokens": 400}}
LARGE = {"provider": "anthropic", "model": "claude-haiku-4-5", "settings": {}}
NOTHING = {"attempts": 3, "failed_attempts": 1, "input_tokens": 1200, "output_tokens": None}


def a_row(document: str, rating: float, **more: Any) -> dict[str, Any]:
    known = {
        "input": document.split("~")[0],
        "document": document,
        "rating": rating,
        "low": rating - 1,
        "high": rating + 1,
    }
    counts = {"wins": 3, "losses": 1, "ties": 2, "win_rate": 0.67, "bounded": True, "connected": True, "component": 0}
    return known | counts | more


def a_model(named: dict[str, Any], **more: Any) -> dict[str, Any]:
    scored = {
        "mean": 3.5,
        "low": 3.1,
        "high": 3.9,
        "rating": 0.5,
        "rating_low": -0.5,
        "rating_high": 1.5,
        "win_rate": 0.6,
    }
    costs = {"cost_usd": 0.5, "cost_per_document_usd": 0.00018, "unpriced_attempts": 0, "documents": 2}
    return named | scored | costs | {"judged": 2, "missing": 0} | more


def everything() -> dict[str, Any]:
    point = {"score": 3.5, "low": 3.1, "high": 3.9, "by": "mean"}
    return {
        "run_id": "r",
        "status": "completed_with_errors",
        "scores": [
            {
                "document": "letter~a",
                "criteria": {"Clarity": 4.0},
                "mean": 4.0,
                "judged": 1,
                "planned": 2,
                "missing": None,
            }
        ],
        "judge_deviations": [{"judge": SMALL, "criteria": {"Clarity": -0.5}, "total": -0.25}],
        "ranking": [
            a_row("letter~a", 0.5),
            a_row("letter~b", -0.5, bounded=False),
            a_row("report~a", 0, connected=False),
        ],
        "unranked": [{"input": "letter", "document": "letter~c", "reason": "not among the best 2 by score"}],
        "post_combine": [{"input": "letter", "ranking": [a_row("letter~combined", 1.25)], "winner": "letter~combined"}],
        "winners": [
            {"input": "letter", "document": "letter~combined", "by": "post_combine", "tied": []},
            {"input": "report", "document": "report~a", "by": "score", "tied": ["report~b"]},
            {"input": "memo", "document": None, "by": None, "tied": []},
        ],
        "position_bias": {
            "overall": {"first_share": 0.69, "low": 0.5, "high": 0.84, "biased": True},
            "judges": [
                {"judge": SMALL, "first_share": 0.86, "low": 0.6, "high": 0.96, "inconsistent": 4, "both_orders": 10}
            ],
        },
        "agreement": {
            "judges": [{"judge": SMALL, "share": 0.25, "compared": 4}],
            "between": [{"judges": [SMALL, LARGE], "share": 0.5, "compared": 10}],
        },
        "models": [
            a_model(SMALL),
            a_model(LARGE, cost_usd=0.1, cost_per_document_usd=None, unpriced_attempts=2, missing=1),
        ],
        "pareto": [SMALL | point | {"cost_per_document_usd": 0.00018}],
        "pareto_unknown": [LARGE | point | {"cost_per_document_usd": None}],
        "cheapest_within": {"within": 0.6, "line": "Cheapest within 0.6 of the best: openai/gpt-5-mini"},
        "answer": "Best of 2 models: openai/gpt-5-mini",
        "costs": {
            "total": NOTHING | {"cost_usd": 0.5, "unpriced_attempts": 1},
            "by_phase": [NOTHING | {"phase": "post_combine_eval", "cost_usd": None, "unpriced_attempts": 3}],
            "by_model": [SMALL | NOTHING | {"cost_usd": 0.25, "unpriced_attempts": 0}],
            "by_judge": [SMALL | NOTHING | {"cost_usd": 0.125, "unpriced_attempts": 0}],
        },
        "plan": [
            {"phase": "generation", "planned": 4, "succeeded": 4, "missing": [], "unplanned": []},
            {
                "phase": "single_eval",
                "planned": 8,
                "succeeded": 1,
                "missing": [
                    {"call_id": f"c{n}", "label": f"Evaluating {n}", "reason": "server: HTTP 500"} for n in range(7)
                ],
                "unplanned": [{"call_id": "x", "label": "Evaluating a stranger", "reason": "a call"}],
            },
        ],
    }


def printed(results: dict[str, Any], width: int = 80) -> list[str]:
    out = StringIO()
    console = Console(file=out, width=width)
    for part in result_parts(results):
        console.print(part)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_everything_results_have_is_shown_and_fits_80_columns() -> None:
    lines = printed(everything())
    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines]
    small = ["openai/gpt-5-mini", "t=0.2"]
    for row in (
        ["letter~a", "4.00", "4.00", "1", "of", "2"],
        ["letter~a", "+0.50", "-0.50..+1.50", "3", "1", "2", "67%"],
        ["letter~b", "~-0.50", "-1.50..+0.50", "3", "1", "2", "67%"],
        ["letter~combined", "+1.25", "+0.25..+2.25", "3", "1", "2", "67%"],
        [*small, "25%", "of", "4", "86%", "60%..96%", "4", "of", "10"],
        [*small, "3.50", "3.10..3.90", "60%", "+0.50", "-0.50..+1.50"],
        [*small, "2", "0", "$0.5000", "$0.00018"],
        ["anthropic/claude-haiku-4-5", "2", "1", ">=", "$0.1000", "cost", "unknown"],
        ["everything", "3", "1", "1,200", "-", ">=", "$0.5000"],
        ["post", "combine", "eval", "3", "1", "1,200", "-", "cost", "unknown"],
        [*small, "3", "1", "1,200", "-", "$0.1250"],
        ["single", "eval", "8", "1", "7", "1"],
    ):
        assert row in rows
    for words in (
        "not compared, not among the best 2 by score: letter~c",
        "no finite rating exists",
        "were never compared with each other",
        "winner  letter: letter~combined, by comparison with what was combined",
        "winner  report: report~a, by score; just as good: report~b",
        "winner  memo: nobody can say",
        "a position bias",
        "agreement  openai/gpt-5-mini t=0.2 and anthropic/claude-haiku-4-5: 50% of 10",
        "cost unknown: anthropic/claude-haiku-4-5 3.50",
        "missing 7x: server: HTTP 500",
        "  and 2 more; --json names them all",
        "unplanned  Evaluating a stranger",
    ):
        assert words in text
    assert lines[-2:] == [
        "cheap   Cheapest within 0.6 of the best: openai/gpt-5-mini",
        "answer  Best of 2 models: openai/gpt-5-mini",
    ]


def test_in_a_pipe_no_line_is_padded_cut_or_folded() -> None:
    out = StringIO()
    Consoles(Console(file=out, width=400), Console(file=StringIO())).show(result_parts(everything()))
    lines = out.getvalue().splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert "…" not in out.getvalue()
    assert [line for line, after in pairwise(lines) if line == after == ""] == []


def test_a_run_that_goes_on_says_how_far_it_has_come_and_one_that_is_whole_says_so_in_a_line() -> None:
    assert printed({"status": "running", "scores": []})[:2] == [
        "the run is running: this is how far it has come",
        "nothing was judged",
    ]
    whole = {"phase": "generation", "planned": 4, "succeeded": 4, "missing": [], "unplanned": []}
    assert "all 4 planned calls succeeded" in printed({"status": "completed", "scores": [], "plan": [whole]})


def test_only_comparisons_need_no_column_of_scores() -> None:
    text = "\n".join(printed({"scores": [], "ranking": [a_row("a", 0)], "models": [a_model(SMALL, mean=None)]}))
    assert "mean" not in text
    assert "nothing was judged" not in text


def test_a_model_is_named_with_what_tells_it_from_its_like() -> None:
    assert model_name(SMALL) == "openai/gpt-5-mini t=0.2"
    assert model_name(LARGE | {"kind": "gpt_researcher"}) == "anthropic/claude-haiku-4-5 gpt_researcher"
    assert model_name("a judge") == "a judge"
    assert model_name(None) == "-"
    twins = [SMALL, SMALL | {"settings": {"temperature": 0.2, "max_completion_tokens": 150}}, LARGE]
    assert model_names(twins) == [
        "openai/gpt-5-mini t=0.2 max_completion_tokens=400",
        "openai/gpt-5-mini t=0.2 max_completion_tokens=150",
        "anthropic/claude-haiku-4-5",
    ]


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(None, "cost unknown"), (0, "$0"), (0.00018, "$0.00018"), (0.012, "$0.0120"), (1234.5, "$1,234.50"), (2e-9, "$0.000000002")],
)  # fmt: skip
def test_money_is_never_rounded_to_nothing(usd: float | None, shown: str) -> None:
    assert phrases.money(usd) == shown


def a_call(attempts: int) -> dict[str, Any]:
    each = {"outcome": "succeeded", "prompt": "Which is better?", "answer": "A", "cost_usd": 0.1}
    return {
        "call_id": "compare~x", "label": "Comparing", "phase": "pairwise_eval", "status": "succeeded",
        "shown": ["letter~b", "letter~a"], "attempts": [{"attempt": n, **each} for n in range(1, attempts + 1)],
    }  # fmt: skip


def test_a_comparison_shows_both_documents_and_its_question_once() -> None:
    lines = list(call_lines(a_call(2)))
    assert "  shows   letter~b, then letter~a" in lines
    assert lines.count("    Which is better?") == 1
    assert lines.count("    A") == 2


def test_a_research_with_many_attempts_has_a_line_for_each_and_one_can_be_seen_whole() -> None:
    call = a_call(MANY_ATTEMPTS + 1)
    lines = list(call_lines(call))
    assert sum(line.startswith("attempt ") for line in lines) == MANY_ATTEMPTS + 1
    assert "    A" not in lines
    one = list(call_lines(call, MANY_ATTEMPTS))
    assert next(line for line in one if line.startswith("attempt ")).startswith(f"attempt {MANY_ATTEMPTS}:")
    assert "    A" in one
