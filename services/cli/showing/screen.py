"""What shows a run while it is followed: a live panel on a terminal, plain lines anywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.live import Live

from services.cli.showing.consoles import Consoles
from services.cli.showing.live_panel import panel
from services.cli.showing.plain_lines import PlainLines
from services.cli.showing.run_view import RunView


class Screen(Protocol):
    """Shows a run's state; called whenever something changed, and a few times a second besides."""

    def show(self, view: RunView, now_s: float) -> None:
        """Show the state as it is at this monotonic time."""


class LiveScreen:
    """A panel that is drawn anew in place; what is news stays above it."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, view: RunView, now_s: float) -> None:
        """Draw the panel."""
        while view.news:
            self.say(view.news.popleft())
        self._live.update(panel(view, now_s, time.time_ns() // 1_000_000), refresh=True)

    def say(self, text: str) -> None:
        """Print a line above the panel."""
        self._live.console.print(text, markup=False, highlight=False, overflow="fold")


class PlainScreen:
    """Lines, for logs and pipes."""

    def __init__(self, lines: PlainLines, write: Callable[[str], None]) -> None:
        self._lines = lines
        self._write = write

    def show(self, view: RunView, now_s: float) -> None:
        """Write what there is to say now."""
        while view.news:
            self._write(view.news.popleft())
        for line in self._lines.due(view, now_s):
            self._write(line)


@contextmanager
def screen_for(where: Consoles) -> Iterator[Screen]:
    """The screen that fits where the output goes; stdout stays for results where it is no terminal."""
    if not where.out.is_terminal:
        yield PlainScreen(PlainLines(), where.note)
        return
    with Live(console=where.out, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        screen = LiveScreen(live)
        with where.noting(screen.say):
            yield screen
