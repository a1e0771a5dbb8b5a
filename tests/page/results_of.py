"""Results as the executor answers with them, for tests of the page: two inputs, two models, two judges, and as large as wanted."""

from typing import Any

JUDGES: list[dict[str, Any]] = [{"provider": "p", "model": name, "settings": {}} for name in ("judge-a", "judge-b")]
MODELS: list[dict[str, Any]] = [
    {"provider": "p", "model": name, "settings": {}} for name in ("cheap", "dear", "unpriced")
]
SPENT = {
    "attempts": 9,
    "failed_attempts": 2,
    "input_tokens": 1200,
    "output_tokens": 300,
    "cost_usd": 0.25,
    "unpriced_attempts": 1,
}


def judgement(document: str, judge: int, **more: Any) -> dict[str, Any]:
    """One verdict on a document, with a reason that looks like markup."""
    call = f"evaluate~{document}~{judge}"
    given = {"scores": {"Clarity": 4, "Truth": 2}, "reasons": {"Clarity": "<b>plain</b>", "Truth": "two slips"}}
    named = {"item_id": call, "call_id": call, "judge": JUDGES[judge], "trial": 1, "mean": 3.0, "missing": None}
    return named | given | more


def missing(document: str, judge: int, reason: str) -> dict[str, Any]:
    """A verdict that is not there."""
    return judgement(document, judge, scores=None, reasons=None, mean=None, missing=reason)


def scored(document: str, judgements: list[dict[str, Any]], generator: int = 0) -> dict[str, Any]:
    """A document's scores."""
    made = {"document": document, "input": "doc", "generator": MODELS[generator], "mean": 3.0, "missing": None}
    told = {"judged": len(judgements), "planned": 2, "no_score": None, "judgements": judgements}
    return {**made, "criteria": {"Clarity": 4.0, "Truth": 2.0}, **told}


def model(index: int, mean: float, cost: float | None) -> dict[str, Any]:
    """A model's row."""
    ratings = {"rating": mean - 3, "rating_low": mean - 4, "rating_high": mean - 2, "win_rate": 0.5}
    worth = {"mean": mean, "low": mean - 0.5, "high": mean + 0.5, "judged": 3, "missing": 1}
    costs = {"cost_usd": cost, "cost_per_document_usd": cost, "unpriced_attempts": 0}
    return {**MODELS[index], **worth, **ratings, **costs, "bounded": True, "connected": True}


def ranking_row(document: str, rating: float) -> dict[str, Any]:
    """A row of an input's ranking."""
    around = {"low": rating - 1, "high": rating + 1, "wins": 2, "losses": 1, "ties": 0, "win_rate": 0.67}
    standing = {"bounded": True, "connected": True, "component": 1}
    return {"input": "doc", "document": document, "generator": MODELS[0], "rating": rating, **around, **standing}


def pair(a: str, b: str, winner: str, order: str) -> dict[str, Any]:
    """One comparison."""
    item = f"{a}~{b}~{order}"
    named = {"item_id": item, "call_id": item, "phase": "pairwise_eval", "input": "doc", "a": a, "b": b}
    return {**named, "order": order, "winner": winner, "judge": JUDGES[0], "trial": 1, "reason": "better"}


def results() -> dict[str, Any]:
    """Everything there is to show."""
    cells = [{"call_id": "evaluate~d3~0", "label": "Evaluating d3", "reason": "unreadable_verdict: no score"}]
    bias = {"first": 3, "second": 1, "ties": 0, "first_share": 0.75, "low": 0.3, "high": 0.95, "biased": False}
    bias |= {"both_orders": 2, "inconsistent": 1}
    share = {"share": 0.5, "low": 0.1, "high": 0.9, "compared": 4}
    models = [model(0, 3.5, 0.001), model(1, 4.0, 0.5), model(2, 4.5, None)]
    best = {"within": 0.25, "by": "mean", "model": None, "best": MODELS[1], "line": "Cheapest within 0.25: dear"}
    return {
        "run_id": "golden",
        "answer": "Best of 3 models: p/unpriced",
        "scores": [
            scored("d1", [judgement("d1", 0), judgement("d1", 1)]),
            scored("d2", [missing("d2", 0, "not there yet (queued)"), judgement("d2", 1)], 1),
            scored("d3", [missing("d3", 0, "unreadable_verdict: no score")]),
        ],
        "judge_deviations": [{"judge": JUDGES[0], "criteria": {"Clarity": -0.25}, "total": -0.25, "judged": 2}],
        "agreement": {"judges": [{"judge": JUDGES[0], **share}], "between": [{"judges": JUDGES, **share}]},
        "position_bias": {"overall": bias, "judges": [{"judge": JUDGES[0], **bias}]},
        "ranking": [ranking_row("d1", 0.8), ranking_row("d2", -0.8)],
        "pairs": [pair("d1", "d2", "a", "ab"), pair("d1", "d2", "a", "ba")],
        "post_combine": [
            {"input": "doc", "ranking": [ranking_row("mix", 1.0), ranking_row("d1", -1.0)], "winner": "mix"}
        ],
        "winners": [{"input": "doc", "document": "mix", "by": "post_combine", "tied": []}],
        "models": models,
        "pareto": [MODELS[0], MODELS[1]],
        "pareto_unknown": [MODELS[2]],
        "cheapest_within": best,
        "costs": {
            "total": SPENT,
            "by_phase": [{"phase": "generation", **SPENT}],
            "by_model": [{"provider": "p", "model": "cheap", **SPENT}],
            "by_judge": [{**JUDGES[0], **SPENT}],
            "by_document": [{"input": "doc", "document": "d1", **SPENT}],
            "by_input": [{"input": "doc", **SPENT}],
        },
        "plan": [
            {"phase": "single_eval", "planned": 4, "succeeded": 3, "missing": cells, "unplanned": []},
        ],
    }


CALL: dict[str, Any] = {
    "call_id": "evaluate~d3~0",
    "item_id": "i",
    "phase": "single_eval",
    "label": "Evaluating d3 with judge-a",
    "provider": "p",
    "model": "judge-a",
    "settings": {"temperature": 0.2},
    "input": "doc",
    "document": "d3",
    "round": 1,
    "status": "failed",
    "attempts": 1,
    "error": {"kind": "unreadable_verdict", "message": "no score", "status": None},
}
ATTEMPT: dict[str, Any] = {
    "attempt": 1,
    "outcome": "failed",
    "started": "2026-11-22T10:00:00.000Z",
    "ended": None,
    "duration_s": 1.5,
    "sent": "yes",
    "input_tokens": 10,
    "output_tokens": 2,
    "cost_usd": None,
    "prompt": "Judge <script>alert(1)</script>",
    "answer": "x" * 30_000,
    "error": {"kind": "unreadable_verdict", "message": "no score", "status": None},
}
