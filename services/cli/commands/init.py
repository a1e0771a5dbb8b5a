"""``acm2 init``: a preset to begin with, every setting in it and explained."""

import re
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.errors import WrongUsage
from services.cli.outlets import not_written
from services.cli.showing.consoles import consoles, print_json
from services.cli.whole_file import whole_file
from services.executor.adapters.content.starter_preset import starter_preset

DEFAULT_NAME = "preset"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_ENDINGS = (".yaml", ".yml")


def init(
    *,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="What the preset is called: NAME.yaml is written. A path is fine; - prints it instead.",
        ),
    ] = DEFAULT_NAME,
    force: Annotated[
        bool, typer.Option("--force", envvar="ACM2_FORCE", help="Write it over a file that is there.")
    ] = False,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> None:
    """Write a preset with every setting explained, to begin with.

    It can be run as it stands: with the embedded model, on a text that is in it. Its first line tells editors which
    executor knows what a preset can say. No file is ever written over without
    --force. Exit code: 0 written, 64 there is such a file already, or it cannot be written.
    """
    url = addresses(executor_url, executor_port=executor_port).executor
    if name == "-":
        sys.stdout.write(starter_preset(DEFAULT_NAME, url))
        return
    path = _path(name)
    _write(path, starter_preset(path.stem, url), force=force)
    if json:
        print_json({"name": path.stem, "file": str(path)})
        return
    shown = consoles()
    shown.result(f"{path} is written: a preset with every setting explained. It runs as it stands.")
    shown.note("next")
    typed = shlex.quote(str(path))
    shown.note(f"  acm2 plan {typed}   what it would ask and cost; nothing is started")
    shown.note(f"  acm2 run {typed}    run it, and watch it")


def _path(name: str) -> Path:
    path = Path(name).expanduser()
    if path.suffix not in _ENDINGS:
        path = path.parent / f"{path.name}.yaml"
    if not _NAME.fullmatch(path.stem):
        raise WrongUsage(
            f"{path.stem!r} is no name for a preset: 1 to 64 letters, digits, dots, dashes and underscores, and no dot first"
        )
    return path


def _write(path: Path, text: str, *, force: bool) -> None:
    if force:
        with whole_file(path) as file:
            file.write(text.encode())
        return
    try:
        with path.open("xb") as file:
            file.write(text.encode())
    except FileExistsError:
        raise WrongUsage(f"{path} is there already; choose another name, or write over it with --force") from None
    except OSError as error:
        raise not_written(path, error) from error
