"""A list for a terminal that is too narrow for its table: each row as a few lines, the id whole on the first. Pure."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.cli.showing.phrases import UNKNOWN

_READABLE_CHARS = 16
"""A column that is folded to less than this cannot be read any more."""

_GAP_CHARS = 3
_INDENT_CHARS = 4
_NOTHING = frozenset({"", UNKNOWN})


def fits(table: Table, width: int) -> bool:
    """Whether the first column has room in one piece, and the others enough to be read."""
    first, *others = (max(map(_length, (column.header, *column.cells))) for column in table.columns)
    return first + sum(min(each, _READABLE_CHARS) for each in others) + _GAP_CHARS * len(table.columns) <= width


def stacked(table: Table) -> Iterator[Text | Padding]:
    """The rows: the first cell alone, below it all others that say something."""
    heads = [str(column.header) for column in table.columns[1:]]
    for first, *others in zip(*(column.cells for column in table.columns), strict=True):
        yield _text(first)
        said = [
            f"{head} {text}"
            for head, cell in zip(heads, others, strict=True)
            if (text := _text(cell).plain) not in _NOTHING
        ]
        yield Padding(Text(", ".join(said)), (0, 0, 0, _INDENT_CHARS), expand=False)


def _length(cell: object) -> int:
    return max(map(cell_len, _text(cell).plain.splitlines()), default=0)


def _text(cell: object) -> Text:
    return cell if isinstance(cell, Text) else Text(str(cell))
