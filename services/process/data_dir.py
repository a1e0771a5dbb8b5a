"""One process per data folder: the second is told who holds it. Source: CONTRACT section 7, exit code 73.

The system gives the lock back when its holder ends, however it ends; one that is stopped holds on.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

MAX_NOTE_CHARS = 200


class DataDirHeldError(Exception):
    """Another process works in this data folder."""


class DataDirUnusableError(Exception):
    """The folder cannot be made or written."""


@contextmanager
def hold(folder: Path) -> Iterator[Path]:
    """Make the folder, keep it for this process, give it back at the end.

    Raises ``DataDirHeldError`` with the holder's pid and since when, and ``DataDirUnusableError``.
    """
    note = folder / "holder"
    lock = FileLock(folder / "lock")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise DataDirHeldError(
            f"{folder} is in use by {_holder(note)}; stop it, or choose another --data-dir"
        ) from error
    except (OSError, NotImplementedError) as error:
        why = error.strerror if isinstance(error, OSError) else "its file system knows no locks"
        raise DataDirUnusableError(
            f"the data folder {folder} cannot be used: {why}; choose another --data-dir"
        ) from error
    try:
        _leave(note)
        yield folder
    finally:
        # A folder that can no longer be written keeps the note; the lock alone says whether it is held.
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def _leave(note: Path) -> None:
    # On a full disk there is no note, and the second process is told less.
    with suppress(OSError):
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        note.write_text(f"process {os.getpid()} since {since}")


def _holder(note: Path) -> str:
    """Who has left the note; in the instant after a lock was taken it may still be an earlier holder's, now dead."""
    try:
        said = note.read_text(errors="replace")[:MAX_NOTE_CHARS].strip()
    except OSError:
        said = ""
    words = said.split()
    if len(words) < 2 or not words[1].isdecimal() or not _exists(int(words[1])):
        return "another process"
    return said


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
