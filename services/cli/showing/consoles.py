"""Where results and progress are written: results on stdout, everything else on stderr."""

import json
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.showing.stacked import fits, stacked

_PIPE_COLUMNS = 20_000
"""Wide enough that no cell of a table is folded or cut; programs that read a pipe have no screen to fit."""


_NARROWEST = 40


class Consoles:
    """``out`` is stdout, ``err`` stderr; on a terminal both are the same place for the person."""

    def __init__(self, out: Console, err: Console) -> None:
        self.out = out
        self.err = err
        self._note: Callable[[str], None] = self._on_err

    def result(self, text: str) -> None:
        """A line of the result, at once."""
        self.out.print(text, markup=False, highlight=False, soft_wrap=True)
        self.out.file.flush()

    def show(self, parts: Iterable[RenderableType]) -> None:
        """Tables and lines of the result; where no terminal is, in full width and without blank padding."""
        if self.out.is_terminal:
            for part in parts:
                self.out.print(part)
            return
        with self.out.capture() as captured:
            for part in parts:
                self.out.print(part)
        lines = [line.rstrip() for line in captured.get().splitlines()]
        self.out.file.write("".join(f"{line}\n" for line in _without_doubled_gaps(lines)))
        self.out.file.flush()

    def listed(self, table: Table) -> None:
        """A table whose rows begin with an id: that can be copied on the narrowest terminal."""
        table.columns[0].no_wrap = True
        if not self.out.is_terminal or fits(table, self.out.width):
            self.show([table])
            return
        for line in stacked(table):
            # What is longer than the terminal is left to the terminal, which copies it in one piece.
            self.out.print(line, markup=False, highlight=False, soft_wrap=isinstance(line, Text))

    def wrapped(self, text: str, indent: int) -> None:
        """A line of the result, at once; on a terminal broken between words, its further lines so far to the right."""
        if not self.out.is_terminal:
            self.result(text)
            return
        for line in textwrap.wrap(
            text,
            max(_NARROWEST, self.out.width),
            subsequent_indent=" " * indent,
            drop_whitespace=True,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            self.result(line)

    def note(self, text: str) -> None:
        """A line that is no result."""
        self._note(text)

    @contextmanager
    def noting(self, say: Callable[[str], None]) -> Iterator[None]:
        """Notes go there while this is open: a panel that is redrawn in place must not be written over."""
        before, self._note = self._note, say
        try:
            yield
        finally:
            self._note = before

    def _on_err(self, text: str) -> None:
        self.err.print(text, markup=False, highlight=False, soft_wrap=True)


def _without_doubled_gaps(lines: Iterable[str]) -> Iterator[str]:
    """The lines with one empty line between parts at most, and none before the first or after the last."""
    gap = begun = False
    for line in lines:
        if not line:
            gap = begun
            continue
        if gap:
            yield ""
        gap, begun = False, True
        yield line


def consoles() -> Consoles:
    """The process's own."""
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    return Consoles(Console(width=width), Console(stderr=True))


def print_json(value: Any) -> None:
    """The value on stdout, as JSON."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
