"""The verdicts a script can give without knowing the question: on one document, and on a pair."""

from typing import Any

REASON = "scripted"


def scored(score: int, schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """The same score for each criterion the schema names; ``None`` when it names none."""
    names = _criteria(_inside(schema, "properties", "evaluations"))
    if not names:
        return None
    return {"evaluations": [{"criterion": name, "score": score, "reason": REASON} for name in names]}


def preferred(pieces: list[str], prompt: str) -> dict[str, Any]:
    """Which of the two documents in the prompt holds the piece that stands first in the list.

    The document shown first is A. With pieces of both, the place of the other's tells which one it is; with pieces of
    one document only, or of none, nothing tells: a tie.
    """
    places = [place for place in (prompt.rfind(piece) for piece in pieces) if place >= 0]
    if len(places) < 2:
        return {"winner": "tie", "reason": REASON}
    best, *others = places
    return {"winner": "A" if best < min(others) else "B", "reason": REASON}


def _criteria(evaluations: Any) -> list[str]:
    """The names, in either of the forms a judge's schema has for them."""
    names: Any
    entries = _inside(evaluations, "prefixItems")
    if isinstance(entries, list):
        names = [_inside(entry, "properties", "criterion", "const") for entry in entries]
    else:
        names = _inside(evaluations, "items", "properties", "criterion", "enum")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _inside(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
