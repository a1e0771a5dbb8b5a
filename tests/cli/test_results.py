"""Results on a terminal: by criterion, with what is missing named."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from services.cli.showing.call_text import call_lines
from services.cli.showing.plan_text import is_worth_asking, plan_lines
from services.cli.showing.result_tables import result_parts
from services.cli.showing.run_table import preset_table, run_table

MODEL = {"provider": "local", "model": "smollm2-135m", "settings": {"temperature": 0.2}}


def printed(*parts: Any) -> str:
    out = StringIO()
    console = Console(file=out, width=140)
    for part in parts:
        console.print(part)
    return out.getvalue()


def a_document(name: str, **more: Any) -> dict[str, Any]:
    known = {"document": name, "generator": MODEL, "mean": 3.5, "judged": 2, "planned": 2, "missing": None}
    return known | {"criteria": {"Relevance": 4.0, "Clarity": 3.0}, "judgements": []} | more


def test_scores_are_shown_by_criterion_and_the_answer_last() -> None:
    text = printed(*result_parts({"scores": [a_document("doc_1")], "models": [], "answer": "Best: local/x"}))
    assert "Relevance" in text
    assert "4.00" in text
    assert "2 of 2" in text
    assert text.splitlines()[-1] == "answer  Best: local/x"


def test_what_is_missing_is_a_dash_with_its_reason_and_never_a_zero() -> None:
    missing = [{"missing": "unreadable_verdict: no score for Clarity"}] * 2
    text = printed(
        *result_parts(
            {
                "scores": [
                    a_document("doc_1", criteria={"Clarity": None}, mean=None, judged=0, judgements=missing),
                    a_document("doc_2", criteria={"Clarity": None}, mean=None, judged=0, missing="server: HTTP 500"),
                ]
            }
        )
    )
    assert "0.00" not in text
    assert "missing 2x: unreadable_verdict: no score for Clarity" in text
    assert "missing 1x: server: HTTP 500" in text


def test_models_and_judges_have_a_row_each() -> None:
    model = {**MODEL, "mean": 3.2, "judged": 3, "missing": 1, "cost_usd": 0.0123, "cost_per_document_usd": None}
    deviation = {"judge": MODEL, "total": -0.25}
    text = printed(*result_parts({"scores": [], "models": [model], "judge_deviations": [deviation]}))
    assert "nothing was judged" in text
    assert "local/smollm2-135m t=0.2" in text
    assert "$0.0123" in text
    assert "cost unknown" in text
    assert "-0.25" in text


def test_a_plan_is_calls_ceiling_money_time_and_what_may_go_wrong() -> None:
    plan = {
        "planned_calls": 9,
        "phases": [{"phase": "generation", "planned_calls": 3}, {"phase": "single_eval", "planned_calls": 6}],
        "max_requests_total": 27,
        "cost_usd": {"expected": 0.5, "worst": None},
        "duration_s": 83,
        "warnings": ["the price of x is not known"],
        "missing": ["MYLAB_BASE_URL"],
    }
    text = "\n".join(plan_lines(plan))
    for shown in ("9 planned", "generation   3 calls", "single eval  6 calls", "27 requests at most", "$0.5000 expected",
                  "no known ceiling", "1:23", "the price of x", "MYLAB_BASE_URL"):  # fmt: skip
        assert shown in text


@pytest.mark.parametrize(("worst", "asked"), [(None, True), (1.01, True), (1.0, False), (0.99, False), (0, False)])
def test_a_person_is_asked_above_a_dollar_and_where_the_worst_is_unknown(worst: float | None, asked: bool) -> None:
    assert is_worth_asking({"cost_usd": {"expected": 0, "worst": worst}}) is asked


def test_a_call_shows_each_attempt_with_what_was_sent_and_answered() -> None:
    call = {
        "call_id": "c1", "label": "Judging doc_1", "provider": "openai", "model": "m", "phase": "single_eval",
        "status": "succeeded", "json_schema": {"type": "object"},
        "attempts": [
            {"attempt": 1, "outcome": "failed", "duration_s": 1.5, "prompt": "Judge.\n\nDoc", "answer": None,
             "error": {"kind": "server", "message": "HTTP 500", "status": 500}},
            {"attempt": 2, "outcome": "succeeded", "prompt": "Judge.", "answer": '{"evaluations": []}', "cost_usd": 0.1},
        ],
    }  # fmt: skip
    lines = list(call_lines(call))
    assert "attempt 1: failed, 1.50 s, - tokens in, - out, cost unknown" in lines
    assert "  error   server (HTTP 500): HTTP 500" in lines
    assert '    {"type": "object"}' in lines
    assert '    {"evaluations": []}' in lines


def test_tables_of_runs_and_presets() -> None:
    runs = [{"run_id": "r1", "status": "completed_with_errors", "stats": {"successful_calls": 2, "cost_usd": None}}]
    assert "completed with errors" in printed(run_table(runs))
    presets = [{"name": "mine", "planned_calls": None, "mistakes": [{"path": "documents", "message": "required"}]}]
    assert "cannot run: documents: required" in printed(preset_table(presets))
