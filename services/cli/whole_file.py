"""A file that is there whole or not at all."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from services.cli.errors import CommandError
from services.cli.outlets import not_written

_USUAL_MODE = 0o666


@contextmanager
def whole_file(path: Path | None) -> Iterator[BinaryIO]:
    """What is written to it is at the path when this is left well, and nowhere when it is not; None is stdout.

    Raises ``WrongUsage`` where nothing can be written, ``Unwritable`` where a disk is full.
    """
    try:
        if path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        elif path.exists() and not path.is_file():
            # A pipe or a device has no name to be given in the end.
            with path.open("wb") as target:
                yield target
        else:
            # Where a link leads to, not in its place.
            yield from _renamed(path.resolve())
    except CommandError:
        raise
    except OSError as error:
        raise not_written(path or "stdout", error) from error


def _renamed(path: Path) -> Iterator[BinaryIO]:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as target:
            yield target
        # mkstemp's file is for the owner alone; this one is as the one before it, or as any other.
        temporary.chmod(_mode_of(path))
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _mode_of(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return _USUAL_MODE & ~mask
