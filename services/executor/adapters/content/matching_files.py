"""The files a pattern matches, looked for in a bounded number of places: a pattern may begin at the root of a disk."""

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

MOST_ENTRIES = 200_000
"""So many files and folders are looked at for one config, all its patterns together."""

_GLOB = frozenset("*?[")
_ANY_DEPTH = "**"


class TooMuchToLookAt(Exception):
    """More files and folders lie where the pattern looks than are looked at."""


class Looked:
    """How many files and folders may still be looked at."""

    def __init__(self, most_entries: int = MOST_ENTRIES) -> None:
        self._left = most_entries

    def at_one(self) -> None:
        """Count one; raises ``TooMuchToLookAt``."""
        if self._left <= 0:
            raise TooMuchToLookAt
        self._left -= 1


def is_pattern(text: str) -> bool:
    """Whether it can match more than the file of that name."""
    return not _GLOB.isdisjoint(text)


def matching_files(root: Path, pattern: str, looked: Looked) -> Iterator[Path]:
    """The files below ``root`` that match, in no order, as ``Path.glob`` would find them.

    ``**`` stands for folders of any depth, links not followed. What may not be read is passed over. Raises
    ``TooMuchToLookAt``, ``ValueError`` where ``**`` is a part of a name, and ``OSError`` for a name no file can have.
    """
    parts = PurePath(pattern).parts
    if any(_ANY_DEPTH in part and part != _ANY_DEPTH for part in parts):
        raise ValueError("** must stand alone between two slashes")
    for path in _matching(root, parts, looked):
        if path.is_file():
            yield path


def _matching(folder: Path, parts: Sequence[str], looked: Looked) -> Iterator[Path]:
    part, rest = parts[0], parts[1:]
    if part == _ANY_DEPTH:
        # Folders alone are no files.
        for below in _folders(folder, looked) if rest else ():
            yield from _matching(below, rest, looked)
        return
    if not is_pattern(part):
        yield from _matching(folder / part, rest, looked) if rest else (folder / part,)
        return
    for entry in _entries(folder, looked):
        if not fnmatchcase(entry.name, part):
            continue
        if not rest:
            yield folder / entry.name
        elif _is_folder(entry, follow=True):
            yield from _matching(folder / entry.name, rest, looked)


def _folders(top: Path, looked: Looked) -> Iterator[Path]:
    """The folder and all below it."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        yield folder
        waiting.extend(folder / entry.name for entry in _entries(folder, looked) if _is_folder(entry, follow=False))


def _entries(folder: Path, looked: Looked) -> Iterator["os.DirEntry[str]"]:
    try:
        found = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    with found:
        for entry in found:
            looked.at_one()
            yield entry


def _is_folder(entry: "os.DirEntry[str]", *, follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:
        # A link that leads in a circle is no folder.
        return False
