"""Where a value lies on an axis, and which values get a mark."""

from collections.abc import Callable
from math import ceil, floor, log10

Place = Callable[[float], float]


def linear(low: float, high: float, start: float, end: float) -> Place:
    """Values from ``low`` to ``high`` as places from ``start`` to ``end``."""
    width = (high - low) or 1.0
    return lambda value: round(start + (min(max(value, low), high) - low) / width * (end - start), 1)


def logarithmic(low: float, high: float, start: float, end: float) -> Place:
    """As ``linear``, each place by the logarithm; all values are above 0."""
    place = linear(log10(low), log10(high), start, end)
    return lambda value: place(log10(value))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values that cover the range."""
    width = high - low
    if width <= 0:
        return [low]
    rough = width / about
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    first = ceil(low / step - 1e-9)
    return [round((first + index) * step, 12) for index in range(int((high - first * step) / step + 1e-9) + 1)]
