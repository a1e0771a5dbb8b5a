"""The ``acm2`` command: find what was asked for, do it, and end with an exit code that says how it went."""

import contextlib
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Annotated

import typer

from services.cli.command_table import COMMANDS, CommandTable
from services.cli.errors import CommandError, ReaderLeft
from services.cli.outlets import guard_outlets
from services.process.exit_codes import INTERNAL, OK, READER_LEFT, USAGE


def _app() -> typer.Typer:
    app = typer.Typer(
        cls=CommandTable,
        help="Compare LLMs on your own documents and watch it live, with numbers that equal what the provider counted.",
        epilog="Start here: acm2 demo",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def acm2(
        *,
        version: Annotated[
            bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
        ] = False,
    ) -> None:
        """Compare LLMs on your own documents and watch it live."""

    return app


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        sys.stdout.write(f"acm2 {metadata.version('acm2')}\n")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """The exit code of ``acm2`` with these arguments."""
    command = typer.main.get_command(_app())
    try:
        code = command.main(list(arguments) or ["--help"], prog_name="acm2", standalone_mode=False)
        sys.stdout.flush()
    except CommandError as failure:
        return _failed(failure, arguments)
    except ExceptionGroup as group:
        failures = list(_leaves(group))
        if not all(isinstance(failure, CommandError) for failure in failures):
            raise
        return _failed(failures[0], arguments)
    except typer.TyperException as error:
        _complain(f"{error.format_message()}{_hint(error)}")
        return USAGE
    return code if isinstance(code, int) else OK


def main() -> None:
    """The console script."""
    guard_outlets()
    try:
        code = run(sys.argv[1:])
    except Exception:  # noqa: BLE001 - the outermost border: what nobody expected is shown whole, with its own exit code
        traceback.print_exc()
        code = INTERNAL
    sys.exit(code)


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    """What the group holds: a task group raises nothing but groups."""
    for member in group.exceptions:
        if isinstance(member, ExceptionGroup):
            yield from _leaves(member)
        else:
            yield member


def _failed(failure: Exception, arguments: Sequence[str]) -> int:
    if isinstance(failure, ReaderLeft):
        asked = COMMANDS.get(next(iter(arguments), ""))
        return READER_LEFT if asked is not None and asked.tells_the_end else OK
    _complain(str(failure))
    return failure.exit_code if isinstance(failure, CommandError) else INTERNAL


def _complain(message: str) -> None:
    # Whom it is for may have left; how the command ended does not depend on that.
    with contextlib.suppress(ReaderLeft):
        sys.stderr.write(f"acm2: {message}\n")


def _hint(error: typer.TyperException) -> str:
    path = getattr(getattr(error, "ctx", None), "command_path", None)
    return f"\nTry: {path} --help" if path else ""


if __name__ == "__main__":
    main()
