"""Tables of one look: no frame, one title, numbers to the right; everybody's text as text. Pure."""

from collections.abc import Iterable, Iterator

from rich.box import SIMPLE
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases

_CELL_CHARS = 200


def table(title: str, names: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    """An empty table: columns of words, folded where they are long, then columns of numbers, kept whole."""
    made = Table(box=SIMPLE, title=title, title_justify="left", title_style="bold")
    for name in names:
        made.add_column(Text(phrases.one_line(name, 40)), overflow="fold")
    for name in numbers:
        made.add_column(Text(phrases.one_line(name, 40)), justify="right", no_wrap=True)
    return made


def spaced(parts: Iterable[RenderableType]) -> Iterator[RenderableType]:
    """The parts with an empty line between a line of words and a table after it; a table brings its own."""
    after_words = False
    for part in parts:
        if after_words and isinstance(part, Table):
            yield Text()
        yield part
        after_words = isinstance(part, Text) and bool(part.plain)


def words(text: object, chars: int = _CELL_CHARS) -> Text:
    """Somebody else's text as a cell."""
    return Text(phrases.one_line(str(text), chars))
