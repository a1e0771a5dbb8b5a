"""A file's bytes, within a bound: what is no ordinary file, or has no end, is not read."""

import stat
from pathlib import Path


class UnreadableFile(Exception):
    """The file cannot be had; the message says why, in words for the person who named it."""


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """All bytes of an ordinary file; raises ``UnreadableFile``."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableFile("cannot be read: it is no file")
        if found.st_size > most_bytes:
            raise UnreadableFile(f"has {found.st_size} bytes; at most {most_bytes} fit here")
        with path.open("rb") as file:
            # It may grow while it is read.
            raw = file.read(most_bytes + 1)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UnreadableFile("cannot be read: no file can have such a name") from error
    if len(raw) > most_bytes:
        raise UnreadableFile(f"has more than {most_bytes} bytes")
    return raw
