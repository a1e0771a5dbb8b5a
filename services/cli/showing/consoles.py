"""Where results and progress are written: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType


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
        """Tables and lines of the result."""
        for part in parts:
            self.out.print(part)

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


def consoles() -> Consoles:
    """The process's own."""
    return Consoles(Console(), Console(stderr=True))


def print_json(value: Any) -> None:
    """The value on stdout, as JSON."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
