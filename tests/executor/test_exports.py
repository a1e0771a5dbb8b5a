"""Results taken away: rows for other programs, a report for people. Nothing in them can do anything."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from services.executor.core.planning.planned import PlannedCall
from services.executor.core.results.export_rows import csv_text, judgement_rows, ndjson
from services.executor.core.results.outcome import Outcome
from services.executor.core.results.report.charts import Bar, intervals
from services.executor.core.results.report.page import report
from services.executor.core.results.report.scale import logarithmic, ticks
from services.executor.core.results.results import results
from tests.executor.outcomes import an_outcome, in_favour_of, makers, pair_judges

EVIL = "<script>alert(1)</script>\"'&"


def exported(outcome: Outcome, **named: Any) -> dict[str, Any]:
    values = {
        "run_id": "run-1",
        "status": "completed",
        "reason": None,
        "preset": "demo",
        "created": "2026-11-22",
        **named,
    }
    return {**values, **results(outcome)}


def whole(**parts: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "docs": 2,
        "generation": makers(3),
        "single_eval": {"judges": pair_judges(2)},
        "pairwise_eval": {"judges": pair_judges(1)},
        "combine": {"models": makers(1)["models"], "instructions": {"text": "Combine."}},
        "verdict": in_favour_of(lambda document: float(sum(document.encode()))),
        **parts,
    }
    return exported(an_outcome(**values))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_and_ndjson_have_one_row_a_judgement_single_and_pair() -> None:
    run = whole()
    rows = rows_of(csv_text(run))
    lines = [json.loads(line) for line in ndjson(run).splitlines()]
    singles, pairs = 2 * 3 * 2, 2 * (3 + 3) * 2
    assert len(rows) == len(lines) == len(list(judgement_rows(run))) == singles + pairs
    assert [row["kind"] for row in rows].count("pair") == pairs
    first = rows[0]
    assert (first["run_id"], first["score: Relevance"], first["mean"], first["reason: Clarity"]) == (
        "run-1",
        "4",
        "4.0",
        "because",
    )
    assert first["generator"] == "scripted/writer.json temperature=0.0"
    pair = rows[-1]
    assert (pair["phase"], pair["winner"] in {"a", "b"}, pair["reason"], pair["score: Clarity"]) == (
        "post_combine_eval",
        True,
        "because",
        "",
    )
    assert {row["item_id"] for row in rows} == {line["item_id"] for line in lines}


def test_a_missing_judgement_is_no_row_and_never_a_0() -> None:
    def failed(call: PlannedCall) -> bool:
        return call.phase == "single_eval" and call.slot == 0

    rows = rows_of(csv_text(whole(failed=failed)))
    assert [row["kind"] for row in rows].count("single") == 6
    assert "0" not in {row["score: Relevance"] for row in rows}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", '=HYPERLINK("x")']
)
def test_no_cell_of_the_csv_is_taken_for_a_formula(text: str) -> None:
    run = whole()
    run["scores"][0]["judgements"][0]["reasons"] = {"Relevance": text, "Clarity": f"fine {text}"}
    run["pairs"][0]["reason"] = text
    rows = rows_of(csv_text(run))
    assert rows[0]["reason: Relevance"] == f"'{text}"
    assert rows[0]["reason: Clarity"] == f"fine {text}"
    assert next(row for row in rows if row["kind"] == "pair")["reason"] == f"'{text}"


class Reading(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [name for name, _ in attrs if name in {"src", "href", "xlink:href", "srcset", "data", "action"}]
        self.scripts += [name for name, _ in attrs if name.startswith("on")]


def read(page: str) -> Reading:
    found = Reading()
    found.feed(page)
    return found


def test_the_report_is_one_file_that_loads_and_runs_nothing() -> None:
    page = report(whole())
    found = read(page)
    assert found.tags.count("svg") >= 6
    assert found.loads == found.scripts == []
    assert {"script", "link", "img", "iframe", "object", "embed", "base", "form"}.isdisjoint(found.tags)
    assert "url(" not in page
    assert "@import" not in page
    assert re.findall(r"https?://[^\s\"<]+", page) == []
    for heading in ("Scores by model", "Cost against quality", "Head to head", "Documents by criterion", "Costs"):
        assert f"<h2>{heading}</h2>" in page


def test_whatever_somebody_wrote_stands_in_the_report_as_text() -> None:
    documents = [{"id": f"{EVIL.replace('/', '')}{number}", "text": "Text."} for number in (1, 2)]
    evaluation = {"criteria": [{"name": EVIL}], "judges": [{"provider": "scripted", "model": EVIL}]}
    outcome = an_outcome(
        documents=documents,
        generation={"models": [{"provider": "scripted", "model": f"{EVIL}{number}"} for number in (1, 2)]},
        single_eval=evaluation,
        pairwise_eval={"judges": evaluation["judges"]},
        scores=lambda _call: {EVIL: 4},
        failed=lambda call: call.round == 1 and call.input.endswith("2"),
    )
    run = exported(outcome, preset=EVIL, reason=EVIL, status="failed")
    run["errors"][0]["message"] = EVIL
    run["plan"][0]["missing"][0]["reason"] = EVIL
    page = report(run)
    assert "<script" not in page
    assert "alert(1)" in page
    found = read(page)
    assert "script" not in found.tags
    assert found.scripts == []


def test_a_report_of_a_run_that_has_just_begun_says_so() -> None:
    outcome = an_outcome(single_eval={})
    begun = Outcome(preset=outcome.preset, plan=outcome.plan, calls={}, scores=[], attempts=[])
    page = report(exported(begun, status="running"))
    assert "No judgement yet." in page
    over = exported(begun, status="failed")
    refused = {"kind": "output_too_small", "provider": "p", "model": "m", "attempts": 14, "message": "31 bytes"}
    told = "No judgement. Most often (14 times, p/m): output too small: 31 bytes"
    assert told in report({**over, "errors": [{**refused, "calls": 7, "recovered_calls": 0}]})
    assert "The run is running" in page
    assert "0 of 2 planned calls succeeded" in page
    assert "not there yet (planned)" in page


def test_axes_have_round_marks_inside_their_range() -> None:
    assert ticks(1, 5) == [1, 2, 3, 4, 5]
    assert ticks(0, 0.007) == [0, 0.002, 0.004, 0.006]
    assert ticks(2, 2) == [2]
    place = logarithmic(0.001, 1, 0, 300)
    assert [place(value) for value in (0.001, 0.01, 1, 9)] == [0, 100, 300, 300]


def test_a_value_without_an_interval_is_a_dot_alone() -> None:
    drawn = intervals("Scores", [Bar("m", 3.0, None, None, "3.0"), Bar("n", 4.0, 3.0, 5.0, "4.0")], 1, 5, str)
    assert (drawn.count("<circle"), drawn.count('class="interval"')) == (2, 1)
