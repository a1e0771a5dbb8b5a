"""One process per data folder: the second is told who holds it. Source: CONTRACT section 7, exit code 73."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class DataDirHeldError(Exception):
    """Another process works in this data folder."""


@contextmanager
def hold(folder: Path) -> Iterator[Path]:
    """Make the folder, keep it for this process, give it back at the end; raises ``DataDirHeldError``."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    note = folder / "holder"
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        holder = note.read_text().strip() if note.exists() else "another process"
        raise DataDirHeldError(f"{folder} is in use by {holder}; stop it, or choose another --data-dir") from error
    try:
        note.write_text(f"process {os.getpid()}")
        yield folder
    finally:
        note.unlink(missing_ok=True)
        lock.release()
