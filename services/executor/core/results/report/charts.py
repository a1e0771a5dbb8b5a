"""The kinds of drawings in a report, as inline SVG: values with intervals, bars, a plane, a grid.

Each says in words what it shows; colour alone carries nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.executor.core.results.report.markup import Markup, tag
from services.executor.core.results.report.scale import linear, logarithmic, ticks
from services.executor.core.results.report.words import short

_WIDTH = 760
_ROW = 26
_LABEL = 300
_RIGHT = 150
_AXIS = 34
_PLANE_HEIGHT = 380
_LOG_FROM = 30
_CELL = 64
_CELL_HEIGHT = 28

Spell = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One named value; ``low`` and ``high`` are its interval, ``note`` stands beside it."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Point:
    """A model in the plane; ``mark`` is its number in the table below."""

    mark: str
    name: str
    x: float
    y: float
    low: float | None
    high: float | None
    front: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a grid: its text, how strong it is (0 to 1, None for nothing there), what it says in words."""

    text: str
    strength: float | None
    title: str


def intervals(title: str, bars: Sequence[Bar], low: float, high: float, spell: Spell) -> Markup:
    """A dot for each value on one axis, its interval a line through it."""
    height = _AXIS + _ROW * len(bars)
    place = linear(low, high, _LABEL, _WIDTH - _RIGHT)
    drawn = [_grid_lines(low, high, place, height, spell)]
    for index, bar in enumerate(bars):
        middle = _AXIS + _ROW * index + _ROW / 2
        drawn.append(_name(bar.name, middle))
        if bar.low is not None and bar.high is not None:
            ends = {"x1": place(bar.low), "x2": place(bar.high)}
            drawn.append(tag("line", **ends, y1=middle, y2=middle, class_="interval"))
        if bar.value is not None:
            drawn.append(tag("circle", cx=place(bar.value), cy=middle, r=5, class_="dot"))
        drawn.append(tag("text", bar.note, x=_WIDTH - _RIGHT + 12, y=middle + 4, class_="note"))
    return _svg(title, _WIDTH, height, drawn)


def bars(title: str, found: Sequence[Bar], spell: Spell) -> Markup:
    """A bar for each value, from 0."""
    most = max((bar.value or 0.0 for bar in found), default=0.0) or 1.0
    height = _AXIS + _ROW * len(found)
    place = linear(0, most, _LABEL, _WIDTH - _RIGHT)
    drawn = [_grid_lines(0, most, place, height, spell)]
    for index, bar in enumerate(found):
        middle = _AXIS + _ROW * index + _ROW / 2
        drawn.append(_name(bar.name, middle))
        width = round(place(bar.value or 0) - _LABEL, 1)
        drawn.append(tag("rect", x=_LABEL, y=middle - 7, width=width, height=14, class_="bar"))
        drawn.append(tag("text", bar.note, x=_WIDTH - _RIGHT + 12, y=middle + 4, class_="note"))
    return _svg(title, _WIDTH, height, drawn)


def plane(title: str, points: Sequence[Point], across: str, up: str, spell_x: Spell, spell_y: Spell) -> Markup:
    """Points by cost (across) and quality (up), those of the front joined."""
    left, right, top, bottom = 70, _WIDTH - 30, 20, _PLANE_HEIGHT - 50
    costs = [point.x for point in points]
    heights = [value for point in points for value in (point.y, point.low, point.high) if value is not None]
    margin = (max(heights) - min(heights)) * 0.08 or 0.1
    place_y = linear(min(heights) - margin, max(heights) + margin, bottom, top)
    if min(costs) > 0 and max(costs) / min(costs) > _LOG_FROM:
        place_x = logarithmic(min(costs) / 1.3, max(costs) * 1.3, left, right)
        marks = [10.0**power for power in range(-12, 7) if min(costs) / 1.3 <= 10.0**power <= max(costs) * 1.3]
    else:
        most = max(costs) * 1.08 or 1.0
        place_x = linear(0, most, left, right)
        marks = ticks(0, most)
    drawn = [
        *(_across(spell_x(mark), place_x(mark), top, bottom) for mark in marks),
        *(
            _level(spell_y(mark), place_y(mark), left, right)
            for mark in ticks(min(heights) - margin, max(heights) + margin, about=8)
        ),
        tag("text", across, x=(left + right) / 2, y=_PLANE_HEIGHT - 8, text_anchor="middle", class_="axis"),
        tag("text", up, x=left, y=12, class_="axis"),
    ]
    front = sorted((point for point in points if point.front), key=lambda point: point.x)
    if len(front) > 1:
        track = " ".join(f"{place_x(point.x)},{place_y(point.y)}" for point in front)
        drawn.append(tag("polyline", points=track, class_="front"))
    for point in points:
        x, y = place_x(point.x), place_y(point.y)
        if point.low is not None and point.high is not None:
            drawn.append(tag("line", x1=x, x2=x, y1=place_y(point.low), y2=place_y(point.high), class_="interval thin"))
        kind = "dot best" if point.front else "dot"
        drawn.append(tag("circle", tag("title", point.name), cx=x, cy=y, r=7, class_=kind))
        drawn.append(tag("text", point.mark, x=x + 10, y=y - 8, class_="mark"))
    return _svg(title, _WIDTH, _PLANE_HEIGHT, drawn)


def grid(title: str, rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Cell]]) -> Markup:
    """Fields by row and column, the stronger the darker, each with its number."""
    label, top = 260, 118
    width, height = label + _CELL * len(columns) + 90, top + _CELL_HEIGHT * len(rows)
    drawn = []
    for index, name in enumerate(columns):
        x = label + _CELL * index + _CELL / 2
        turned = f"rotate(-35 {x} {top - 8})"
        drawn.append(tag("text", tag("title", name), short(name, 20), x=x, y=top - 8, transform=turned, class_="name"))
    for line, name in enumerate(rows):
        y = top + _CELL_HEIGHT * line
        shown = short(name, 36)
        drawn.append(tag("text", tag("title", name), shown, x=label - 10, y=y + 18, text_anchor="end", class_="name"))
        for index, cell in enumerate(cells[line]):
            x = label + _CELL * index
            kind = "field none" if cell.strength is None else "field"
            opacity = None if cell.strength is None else round(0.06 + 0.44 * min(max(cell.strength, 0.0), 1.0), 2)
            drawn.append(
                tag(
                    "rect",
                    tag("title", cell.title),
                    x=x + 1,
                    y=y + 1,
                    width=_CELL - 2,
                    height=_CELL_HEIGHT - 2,
                    fill_opacity=opacity,
                    class_=kind,
                )
            )
            drawn.append(tag("text", cell.text, x=x + _CELL / 2, y=y + 18, text_anchor="middle", class_="value"))
    return _svg(title, width, height, drawn)


def _svg(title: str, width: float, height: float, drawn: Sequence[Markup]) -> Markup:
    view = f"0 0 {width} {height}"
    drawing = tag("svg", tag("title", title), *drawn, viewBox=view, width=width, height=height, role="img")
    return tag("div", drawing, class_="scroll")


def _name(name: str, middle: float) -> Markup:
    return tag("text", tag("title", name), short(name), x=_LABEL - 12, y=middle + 4, text_anchor="end", class_="name")


def _grid_lines(low: float, high: float, place: Callable[[float], float], height: float, spell: Spell) -> Markup:
    return tag("g", *(_across(spell(mark), place(mark), _AXIS, height, above=True) for mark in ticks(low, high)))


def _across(label: str, x: float, top: float, bottom: float, *, above: bool = False) -> Markup:
    y = top - 12 if above else bottom + 18
    line = tag("line", x1=x, x2=x, y1=top - 6 if above else top, y2=bottom, class_="grid")
    return tag("g", line, tag("text", label, x=x, y=y, text_anchor="middle", class_="axis"))


def _level(label: str, y: float, left: float, right: float) -> Markup:
    line = tag("line", x1=left, x2=right, y1=y, y2=y, class_="grid")
    return tag("g", line, tag("text", label, x=left - 8, y=y + 4, text_anchor="end", class_="axis"))
