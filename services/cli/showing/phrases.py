"""Numbers in words for a terminal; what is unknown is said to be unknown, never shown as 0. Pure."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from services.cli.showing.forecast import forecast_usd

UNKNOWN = "-"

_FOUR_DIGITS_FROM = 0.001


def duration(seconds: float | None) -> str:
    """``0:16``, ``12:03``, ``1:02:03``; a dash when unknown."""
    if seconds is None:
        return UNKNOWN
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def money(usd: float | None) -> str:
    """``$0``, ``$0.00018``, ``$0.0120``, ``$3.42``; said to be unknown when it is."""
    if usd is None:
        return "cost unknown"
    if usd == 0:
        return "$0"
    if usd >= 1:
        return f"${usd:,.2f}"
    if usd >= _FOUR_DIGITS_FROM:
        return f"${usd:.4f}"
    # Two digits that count, however small: never shown as nothing, and never as 1.8e-07.
    return f"${usd:.{min(18, 1 - math.floor(math.log10(usd)))}f}".rstrip("0")


def at_least(usd: float | None, unpriced: int | None) -> str:
    """Money of which a part may be unknown: ``>= $0.12``; with nothing known but zeros it is unknown."""
    if not unpriced or usd is None:
        return money(usd)
    return f">= {money(usd)}" if usd else money(None)


def spending(stats: Mapping[str, Any], final: bool) -> str:  # noqa: FBT001 - a state of the run, not a switch
    """What was spent, what of it is unknown, about what it will be in the end, and the limit."""
    unpriced = stats.get("unpriced_attempts")
    words = at_least(stats.get("cost_usd"), unpriced)
    whole = None if final else forecast_usd(stats)
    if whole:
        words += f" of about {money(whole)}"
    if stats.get("max_cost_usd") is not None:
        words += f", limit {money(stats['max_cost_usd'])}"
    if unpriced and stats.get("cost_usd"):
        words += f", the cost of {count(unpriced)} {'attempt' if unpriced == 1 else 'attempts'} is unknown"
    return words


def count(number: int | None) -> str:
    """A count, or a dash when unknown."""
    return UNKNOWN if number is None else f"{number:,}"


def counted(number: int | None, noun: str) -> str:
    """``1 call``, ``2 calls``, ``- calls``."""
    return f"{count(number)} {noun if number == 1 else f'{noun}s'}"


def rate(per_minute: float | None) -> str:
    """Calls a minute."""
    return f"{UNKNOWN}/min" if per_minute is None else f"{per_minute:.1f}/min"


def score(value: float | None) -> str:
    """A mean score, or a dash where nothing was judged."""
    return UNKNOWN if value is None else f"{value:.2f}"


def percent(share: float | None) -> str:
    """A share of 1 as a percentage, or a dash where there is none."""
    return UNKNOWN if share is None else f"{share:.0%}"


def interval(low: float | None, high: float | None, spell: Callable[[float], str], why: str | None = None) -> str:
    """``3.10..3.40``, or why there is none worth showing, or a dash where nobody says."""
    return why or (UNKNOWN if low is None or high is None else f"{spell(low)}..{spell(high)}")


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


def harmless(text: str) -> str:
    """Somebody else's text as it is, but for what could steer the terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else " " for char in text)


def _short(text: str) -> str:
    return one_line(text, 160)
