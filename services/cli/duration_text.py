"""``30d``, ``12h``, ``1w``: a length of time as people type it. Pure."""

import re
from datetime import timedelta

from services.cli.errors import WrongUsage

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_MOST_S = 100 * 365 * 86_400


def duration(text: str, option: str) -> timedelta:
    """The length of time; raises ``WrongUsage`` naming the option. ``1d12h`` is a day and a half."""
    typed = text.strip().lower()
    parts = _PART.findall(typed)
    if not parts or _PART.sub("", typed).strip():
        raise WrongUsage(f"{option} {text}: must be a number with a unit, like 30d (s, m, h, d, w)")
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if seconds > _MOST_S:
        raise WrongUsage(f"{option} {text}: longer than a hundred years")
    return timedelta(seconds=seconds)
