"""HTML and SVG from parts: text is escaped wherever it comes from, unless it was made here."""

import html
from collections.abc import Iterable
from typing import Any

_ALONE = frozenset({"meta", "line", "rect", "circle", "path", "polyline", "br"})
# XML allows no control characters, and a browser shows none.
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def text(value: object) -> Markup:
    """The value as text."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value).translate(_CONTROLS)))


def tag(name: str, /, *children: object, **attributes: Any) -> Markup:
    """One element. ``class_`` is class, underscores are dashes, an attribute of None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _ALONE and not children:
        return Markup(f"<{name}{written}>" if name in {"meta", "br"} else f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[object]) -> Markup:
    """The parts one after the other."""
    return Markup("".join(text(part) for part in parts))


def table(heads: Iterable[object], rows: Iterable[Iterable[object]], **attributes: Any) -> Markup:
    """A table; the first cell of each row names it."""
    head = tag("tr", *(tag("th", name, scope="col") for name in heads))
    body = [tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in cells)) for first, *cells in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body), **attributes), class_="scroll")
