"""A run of comparisons as a log: pairs as they are judged, and the rankings that follow."""

from typing import Any

from tests.golden.log_builder import Log

MAKERS: dict[str, dict[str, Any]] = {
    name: {"provider": "p", "model": f"m-{name}", "settings": {}} for name in ("a", "b", "c")
}


def row(document: str, rating: float, *, input_: str = "doc", **more: Any) -> dict[str, Any]:
    """A row of a ranking."""
    known: dict[str, Any] = {"low": rating - 0.5, "high": rating + 0.5, "wins": 2, "losses": 1, "ties": 1}
    known |= {"win_rate": 0.625, "bounded": True, "connected": True, "component": 1}
    return {"input": input_, "document": document, "generator": MAKERS.get(document), "rating": rating, **known, **more}


def judge(log: Log, a: str, b: str, winner: str, *, order: str = "ab", **more: Any) -> None:
    """One comparison."""
    named: dict[str, Any] = {"input": "doc", "phase": "pairwise_eval", "judge": "j", "trial": 1} | more
    item = "~".join(str(part) for part in (named["input"], a, b, named["judge"], named["trial"], order))
    log.add("pair_judged", item_id=item, a=a, b=b, winner=winner, order=order, **named)


def compared(log: Log) -> None:
    """Three documents of one input, both orders, and a second input whose two parts never met."""
    judge(log, "a", "b", "a")
    judge(log, "a", "b", "a", order="ba")
    judge(log, "a", "c", "tie")
    judge(log, "b", "c", "b", order="ba")
    judge(log, "x", "y", "a", input="other")
    judge(log, "a", "mix", "b", phase="post_combine_eval")


def ranked(log: Log) -> None:
    """What is known after all of it."""
    first = [row("a", 1.0, bounded=False), row("b", -0.25), row("c", -0.75)]
    apart = [row("x", 0.5, input_="other"), row("y", -0.5, input_="other", connected=False, component=2)]
    after = [row("mix", 0.5), row("a", -0.5)]
    models = [{**MAKERS["a"], **row("", 1.0)}, {**MAKERS["b"], **row("", -1.0)}]
    winners = [{"input": "doc", "document": "mix", "by": "post_combine"}]
    both = {"ranking": after, "winners": winners}
    log.add("ranking_changed", ranking=[*first, *apart], models=models, post_combine=both)
