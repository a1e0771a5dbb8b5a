"""Numbers and names as people read them; what is unknown is a dash."""

from collections.abc import Mapping
from typing import Any

UNKNOWN = "\u2013"
_NAME_CHARS = 44


def number(value: float | None, digits: int = 2) -> str:
    """The number with so many digits after the point."""
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    """A share as percent."""
    return UNKNOWN if value is None else f"{value:.0%}"


def between(low: float | None, high: float | None, digits: int = 2) -> str:
    """An interval."""
    return UNKNOWN if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def money(value: float | None) -> str:
    """Dollars, with as many digits as a small amount needs."""
    if value is None:
        return "unknown"
    if value == 0:
        return "$0"
    return f"${value:.2f}" if value >= 1 else f"${value:.6f}".rstrip("0") if value >= 1e-5 else f"${value:.1e}"


def count(value: float | None) -> str:
    """A whole number, its thousands apart."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def model_name(model: Mapping[str, Any] | None) -> str:
    """``provider/model (settings)``."""
    if model is None:
        return "the input itself"
    settings = ", ".join(f"{name} {value}" for name, value in (model.get("settings") or {}).items())
    name = f"{model['provider']}/{model['model']}"
    return f"{name} ({settings})" if settings else name


def short(name: str, chars: int = _NAME_CHARS) -> str:
    """The name, its middle left out where it is too long for a label."""
    if len(name) <= chars:
        return name
    kept = chars - 1
    return f"{name[: kept - kept // 3]}\u2026{name[-(kept // 3) :]}"
