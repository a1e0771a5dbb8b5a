"""A judgement as a short line: a score, a comparison, a ranking. Pure."""

from collections.abc import Mapping
from typing import Any

from services.cli.showing import phrases
from services.cli.showing.model_name import model_name

Json = Mapping[str, Any]

JUDGEMENTS = frozenset({"score_recorded", "pair_judged", "ranking_changed"})

_NAME_CHARS = 80
_RANKED = 3


def judgement_line(event: str, data: Json) -> str:
    """The line for an event of one of these types."""
    return {"score_recorded": _score, "pair_judged": _pair, "ranking_changed": _ranking}[event](data)


def _score(data: Json) -> str:
    scores = ", ".join(f"{name} {score:g}" for name, score in (data.get("scores") or {}).items())
    what = _name(data.get("document") or data.get("item_id"))
    return phrases.one_line(f"{what}  {phrases.score(data.get('mean'))}  ({scores}) by {model_name(data.get('judge'))}")


def _pair(data: Json) -> str:
    a, b = _name(data.get("a")), _name(data.get("b"))
    first = {"ab": f"{a} shown first", "ba": f"{b} shown first"}.get(str(data.get("order")), "")
    told = {"a": f"{a} beats {b}", "b": f"{b} beats {a}"}.get(str(data.get("winner")), f"{a} and {b} tie")
    aside = ", ".join(part for part in (first, f"by {model_name(data.get('judge'))}") if part)
    return phrases.one_line(f"{told}  ({aside})")


def _ranking(data: Json) -> str:
    models = [row for row in data.get("models") or [] if row.get("rating") is not None]
    rows = models or data.get("ranking") or []
    places = [
        f"{place}. {model_name(row) if models else _name(row.get('document'))} {_rating(row)}"
        for place, row in enumerate(rows[:_RANKED], 1)
    ]
    more = f", and {len(rows) - _RANKED} more" if len(rows) > _RANKED else ""
    return phrases.one_line(f"{', '.join(places)}{more}" if places else "nobody yet")


def _rating(row: Json) -> str:
    value = row.get("rating")
    return phrases.UNKNOWN if value is None else f"{value:+.2f}"


def _name(value: object) -> str:
    return phrases.one_line(str(value), _NAME_CHARS)
