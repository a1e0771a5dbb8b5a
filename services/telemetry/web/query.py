"""Query parameters, read strictly: a value that means nothing is refused by name."""

from typing import NoReturn
from urllib.parse import parse_qsl

from starlette.types import Scope

from services.process.problem import Problem

_TRUE = frozenset({"1", "true", "yes"})
_FALSE = frozenset({"0", "false", "no"})


def refuse(name: str, message: str) -> NoReturn:
    """Raise the problem that names the parameter."""
    raise Problem("invalid-parameter", f"{name}: {message}", errors=[{"path": name, "message": message}])


class Query:
    """The parameters of one request."""

    def __init__(self, scope: Scope) -> None:
        raw: bytes = scope["query_string"]
        self._pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True) if raw else []

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for key, value in self._pairs if key == name]

    def text(self, name: str) -> str | None:
        """The last value of a parameter; None if it is not there or empty."""
        values = self.all(name)
        return values[-1] or None if values else None

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or no."""
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in _TRUE | _FALSE:
            refuse(name, "must be 1 or 0")
        return value.lower() in _TRUE

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number in a range."""
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 18 and least <= int(value) <= most):
            refuse(name, f"must be a whole number from {least} to {most}")
        return int(value)

    def seconds(self, name: str, *, least: float, most: float) -> float | None:
        """A number of seconds in a range."""
        value = self.text(name)
        if value is None:
            return None
        try:
            seconds = float(value)
        except ValueError:
            seconds = -1.0
        if not least <= seconds <= most:
            refuse(name, f"must be a number of seconds from {least:g} to {most:g}")
        return seconds

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """One of a few words."""
        value = self.text(name)
        if value is not None and value not in choices:
            refuse(name, f"must be {' or '.join(choices)}")
        return value
