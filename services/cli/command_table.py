"""Every command with its one line of help, and a group that loads the code of a command only when it is asked for.

``acm2 --help`` needs no HTTP client and a service needs no tables for terminals: each module below is imported when its
command runs, by its name in this table. So the imports stay at the top of every file, and starting stays quick.
"""

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_EVALUATE = "Evaluate"
_LOOK = "Look"
_SERVE = "Serve"


@dataclass(frozen=True)
class Entry:
    """A command: where it stands in the help, and its help in one line (the first line of its function's docstring).

    ``tells_the_end``: its exit code says how a run ended, or what was found.
    """

    panel: str
    line: str
    tells_the_end: bool = False


COMMANDS: dict[str, Entry] = {
    "demo": Entry(
        _EVALUATE, "Watch a real LLM evaluate real documents on this machine: no key, no account.", tells_the_end=True
    ),
    "run": Entry(_EVALUATE, "Run a preset and watch it until it ends.", tells_the_end=True),
    "plan": Entry(_EVALUATE, "Say what a preset would ask and cost; nothing is started."),
    "init": Entry(_EVALUATE, "Write a preset with every setting explained, to begin with."),
    "presets": Entry(_EVALUATE, "List the presets the executor knows, print one, keep one there, or delete one."),
    "prices": Entry(_EVALUATE, "Say what models cost, in dollars per million tokens, and where the price comes from."),
    "pause": Entry(_EVALUATE, "Pause a run: requests under way come to their end, no new one goes out."),
    "resume": Entry(_EVALUATE, "Let a run go on: only what is missing is asked.", tells_the_end=True),
    "cancel": Entry(_EVALUATE, "Cancel a run: no further request goes out."),
    "watch": Entry(_LOOK, "Watch a run until it ends.", tells_the_end=True),
    "logs": Entry(_LOOK, "Print a run's log."),
    "runs": Entry(_LOOK, "List the runs, newest first."),
    "results": Entry(_LOOK, "Show a run's scores and what follows from them."),
    "compare": Entry(_LOOK, "Show runs side by side: their models by score, comparisons and cost."),
    "export": Entry(_LOOK, "Write a run's results as JSON, NDJSON, CSV, or a report in one HTML file."),
    "documents": Entry(_LOOK, "List the documents of a run, or print one: generated, combined, or the input itself."),
    "call": Entry(_LOOK, "Show one question to an LLM: each attempt's prompt, answer and error."),
    "rm": Entry(_LOOK, "Delete a run with everything it made."),
    "prune": Entry(_LOOK, "Delete old runs with everything they made, here and at telemetry."),
    "doctor": Entry(
        _SERVE, "Check the whole way, from a run to your screen, and say what to mend.", tells_the_end=True
    ),
    "up": Entry(_SERVE, "Start both services and stay until Ctrl-C."),
    "serve": Entry(_SERVE, "Run one service in this process: telemetry or executor."),
}


class CommandTable(TyperGroup):
    """The ``acm2`` group. What ``--help`` and completion see are names and lines; what runs is loaded."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]  # typer passes its own options through
        self.commands = {
            name: TyperCommand(name, help=entry.line, rich_help_panel=entry.panel) for name, entry in COMMANDS.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, TyperCommand | None, list[str]]:
        """The command that was asked for, loaded."""
        name, label, rest = super().resolve_command(ctx, args)
        return name, load(name) if name is not None and label is not None else None, rest


def load(name: str) -> TyperCommand:
    """The command of this name, ready to run."""
    module = importlib.import_module(f"services.cli.commands.{name}")
    app = typer.Typer(add_completion=False)
    app.command(name)(getattr(module, name))
    command = typer.main.get_command(app)
    if not isinstance(command, TyperCommand):
        raise TypeError(f"{name} is no single command")
    return command
