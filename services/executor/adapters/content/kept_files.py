"""A folder of named files that people change over HTTP: written whole or not at all, never over a change not seen."""

import os
import threading
from pathlib import Path

from services.executor.adapters.content.read_bounded import UnreadableFile, read_bounded
from services.executor.core.presets.entity_tags import version_of
from services.executor.core.presets.kept import Kept, Wish, is_name
from services.executor.errors import (
    ChangedMeanwhileError,
    ContentExistsError,
    FolderFullError,
    FolderUnwritableError,
)


class KeptFiles:
    """The files of one folder. A file's name is that without its ending; of several of one name the newest counts."""

    def __init__(self, folder: Path, suffixes: tuple[str, ...], *, most_files: int, most_bytes: int) -> None:
        self.folder = folder
        self._suffixes = suffixes
        self._most_files = most_files
        self._most_bytes = most_bytes
        # The folder is looked at and changed in one step: two who change the same file at once must not both be right.
        self._changing = threading.Lock()

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted({path.stem for path in self._paths()})

    def find(self, name: str) -> Path | None:
        """The file of this name; what could lead out of the folder is no name."""
        return max(self._called(name), key=_changed_ns, default=None)

    def size_bytes(self, name: str) -> int:
        """How large the file of this name is; 0 where it is not there any more."""
        path = self.find(name)
        try:
            return path.stat().st_size if path else 0
        except OSError:
            return 0

    def read(self, name: str) -> Kept | None:
        """The file of this name, None where there is none; raises ``UnreadableFile``."""
        path = self.find(name)
        if path is None:
            return None
        raw = read_bounded(path, self._most_bytes)
        return Kept(name=name, suffix=path.suffix, raw=raw, version=version_of(raw))

    def path_for(self, name: str, suffix: str) -> Path:
        """Where a file of this name and ending lies, or would."""
        if not is_name(name) or suffix not in self._suffixes:
            raise ValueError("not a name this folder can keep")
        return self.folder / f"{name}{suffix}"

    def keep(self, name: str, suffix: str, raw: bytes, wish: Wish) -> bool:
        """Put these bytes there, durable when this returns; whether the name is new.

        Raises ``ContentExistsError``, ``ChangedMeanwhileError``, ``FolderFullError`` or ``FolderUnwritableError``.
        """
        path = self.path_for(name, suffix)
        with self._changing:
            self._no_folder(name)
            before = self._checked(name, wish, version_of(raw))
            if before is None:
                self._room_for(name)
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                _write(path, raw)
                for other in self._called(name):
                    if other != path:
                        other.unlink(missing_ok=True)
            except OSError as error:
                raise FolderUnwritableError(f"{self.folder} cannot be written: {error.strerror}") from error
            return before is None

    def remove(self, name: str, wish: Wish) -> bool:
        """Take the file away; whether there was one.

        Raises ``ContentExistsError`` for a folder, ``ChangedMeanwhileError`` or ``FolderUnwritableError``.
        """
        with self._changing:
            self._no_folder(name)
            if self._checked(name, wish) is None:
                return False
            try:
                for path in self._called(name):
                    path.unlink(missing_ok=True)
                _flush_folder(self.folder)
            except OSError as error:
                raise FolderUnwritableError(f"{self.folder} cannot be written: {error.strerror}") from error
            return True

    def _checked(self, name: str, wish: Wish, wanted: str | None = None) -> str | None:
        """The version that is there, where the wish allows to change it; a file that cannot be read has one too.

        ``wanted`` is what is to be there: where it is already, a repeat whose first answer was lost is no conflict.
        """
        try:
            kept = self.read(name)
            version = None if kept is None else kept.version
        except UnreadableFile:
            version = ""
        if wish.allows(version) or (version is not None and version == wanted and not wish.new_only):
            return version
        if wish.new_only and wish.if_match is None:
            raise ContentExistsError(f"there is one called {name} already; PUT replaces it")
        raise ChangedMeanwhileError(
            f"{name} has been changed, or taken away, since you read it; read it again and repeat your change"
        )

    def _no_folder(self, name: str) -> None:
        """Somebody's folder is neither written over nor deleted, whatever it is called."""
        for path in self._called(name):
            if path.is_dir() and not path.is_symlink():
                raise ContentExistsError(
                    f"{path.name} in {self.folder} is a folder, where a file could be; rename or delete it there"
                )

    def _room_for(self, name: str) -> None:
        names = self.names()
        if len(names) >= self._most_files:
            raise FolderFullError(f"{self._most_files} are kept here, and no more fit; delete some first")
        same = next((other for other in names if other.lower() == name.lower()), None)
        if same is not None:
            # Where the file system takes both for one, one would silently replace the other.
            raise ContentExistsError(f"there is one called {same} already, which differs in capital letters only")

    def _called(self, name: str) -> list[Path]:
        paths = [self.folder / f"{name}{suffix}" for suffix in self._suffixes] if is_name(name) else []
        # A link that leads nowhere is there too, and is said to be unreadable.
        return [path for path in paths if path.exists() or path.is_symlink()]

    def _paths(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.suffix in self._suffixes and is_name(path.stem))


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _write(path: Path, raw: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with unfinished.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
