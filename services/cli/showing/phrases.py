"""Numbers in words for a terminal; what is unknown is said to be unknown, never shown as 0. Pure."""

from collections.abc import Mapping
from typing import Any

UNKNOWN = "-"


def duration(seconds: float | None) -> str:
    """``0:16``, ``12:03``, ``1:02:03``; a dash when unknown."""
    if seconds is None:
        return UNKNOWN
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def money(usd: float | None) -> str:
    """``$0``, ``$0.0012``, ``$3.42``; said to be unknown when it is."""
    if usd is None:
        return "cost unknown"
    if usd == 0:
        return "$0"
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.4f}"


def count(number: int | None) -> str:
    """A count, or a dash when unknown."""
    return UNKNOWN if number is None else f"{number:,}"


def rate(per_minute: float | None) -> str:
    """Calls a minute."""
    return f"{UNKNOWN}/min" if per_minute is None else f"{per_minute:.1f}/min"


def score(value: float | None) -> str:
    """A mean score, or a dash where nothing was judged."""
    return UNKNOWN if value is None else f"{value:.2f}"


def calls(stats: Mapping[str, Any]) -> str:
    """``12 ok, 0 failed, 1 retried, 2 in flight of 21 planned``, and what ended in another way."""
    parts = [
        f"{count(stats.get('successful_calls'))} ok",
        f"{count(stats.get('failed_calls'))} failed",
        f"{count(stats.get('retries'))} retried",
        *(
            f"{count(stats[name])} {word}"
            for name, word in (("cancelled_calls", "cancelled"), ("lost_calls", "lost"), ("not_started", "not started"))
            if stats.get(name)
        ),
        f"{count(stats.get('in_flight'))} in flight",
    ]
    return f"{', '.join(parts)} of {count(stats.get('planned_calls'))} planned"


def last_error(stats: Mapping[str, Any]) -> str | None:
    """The newest error in one line, or None."""
    error = stats.get("last_error")
    if not error:
        return None
    recovered = ", recovered" if error.get("recovered") else ""
    return f"{error['kind']}{recovered}: {_short(str(error.get('message') or ''))}".rstrip(": ")


def errors(stats: Mapping[str, Any]) -> list[str]:
    """Each kind of error with its count, the newest message, and whether all of it was mended."""
    return [
        f"{error['kind']} x{error['count']}{' (recovered)' if error.get('recovered') else ''}: "
        f"{_short(str(error.get('message') or ''))}".rstrip(": ")
        for error in stats.get("errors") or []
    ]


def status(name: str) -> str:
    """A status as people read it."""
    return name.replace("_", " ")


def one_line(text: str, chars: int = 500) -> str:
    """Somebody else's text as one line of bounded length that cannot steer the terminal."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= chars else f"{line[: chars - 1]}…"


def _short(text: str) -> str:
    return one_line(text, 160)
