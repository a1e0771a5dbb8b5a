"""Runs side by side."""

from typing import Any

from services.executor.core.results.compare_runs import compare_runs, differences
from services.executor.core.results.results import results
from tests.executor.configs import a_model
from tests.executor.outcomes import an_outcome, makers, pair_judges


def a_run(run_id: str, **parts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    outcome = an_outcome(single_eval={"judges": pair_judges(1)}, **parts)
    named = {"run_id": run_id, "status": "completed", "reason": None, "preset": "demo", "created": "2026-11-22"}
    return {**named, **results(outcome)}, outcome.preset.model_dump(mode="json", by_alias=True)


def test_models_criteria_documents_and_costs_stand_side_by_side() -> None:
    first, config = a_run("a", generation=makers(2))
    second, other = a_run(
        "b",
        generation=makers(1),
        docs=3,
        scores=lambda _call: {"Relevance": 5, "Clarity": 3},
        limits={"concurrency": 2},
    )
    found = compare_runs([first, second], [config, other])
    assert [run["run_id"] for run in found["runs"]] == ["a", "b"]
    assert [run["answer"] for run in found["runs"]] == [first["answer"], second["answer"]]
    assert [[place and place["mean"] for place in model["in"]] for model in found["models"]] == [
        [4.0, 4.0],
        [4.0, None],
    ]
    assert found["criteria"] == [{"name": "Relevance", "means": [4.0, 5.0]}, {"name": "Clarity", "means": [4.0, 3.0]}]
    assert {item["input"]: None for item in found["documents"]}.keys() == {"doc_1", "doc_2", "doc_3"}
    assert [row["phase"] for row in found["costs"]] == ["generation", "single_eval", None]
    assert [place["attempts"] for place in found["costs"][-1]["in"]] == [8, 6]
    assert {item["path"] for item in found["differs"]} >= {"limits.concurrency", "documents[doc_3].id"}
    assert all(len(item["values"]) == 2 for item in found["differs"])


def test_runs_told_the_same_differ_in_nothing() -> None:
    _, config = a_run("a")
    assert differences([config, config, config]) == []


def test_a_difference_is_named_by_what_differs_not_by_where_it_stands_in_a_list() -> None:
    one = {
        "generation": {"models": [a_model(), a_model(model="x", temperature=0.1)], "instructions": {"text": "t" * 300}}
    }
    two = {"generation": {"models": [a_model(model="x", temperature=0.2)], "instructions": {"text": "t" * 300 + "u"}}}
    found = {item["path"]: item["values"] for item in differences([one, two])}
    assert found["generation.models[scripted/x].temperature"] == [0.1, 0.2]
    assert found["generation.models[scripted/writer.json].model"] == ["writer.json", None]
    cut = found["generation.instructions.text"]
    assert cut == ["t" * 200 + "... (300 characters)", "t" * 200 + "... (301 characters)"]
