"""Presets by name: your own folder first, then those that ship with the program."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.executor.adapters.content.extended import Shelf, make_whole, parse_config, read_whole
from services.executor.adapters.content.kept_files import KeptFiles
from services.executor.adapters.content.library import Library
from services.executor.adapters.content.read_bounded import UnreadableFile
from services.executor.adapters.content.references import Places
from services.executor.core.presets.kept import PRESET_SUFFIXES, Kept, Wish
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.errors import BuiltInPresetError, FolderUnwritableError, UnknownPresetError
from shared.limits import MAX_EXECUTOR_BODY_BYTES

BUILT_IN = Path(__file__).resolve().parents[2] / "presets"
MOST_PRESETS = 1_000

Config = dict[str, Any]


class PresetFolders:
    """The presets of this service, read from their files whenever they are asked for.

    What a preset of the own folder names must lie below that folder or the documents folder: it may have come over HTTP.
    """

    def __init__(self, own: Path | None, documents: Path | None, library: Library | None = None) -> None:
        self._own = None if own is None else _folder(own)
        self._built_in = _folder(BUILT_IN)
        self._documents = () if documents is None else (documents,)
        self._library = library
        self._shelf = Shelf(places_of=self._places_of, find=self._find_other, known=self.names)

    def names(self) -> list[str]:
        """All preset names, sorted."""
        return sorted({*self._built_in.names(), *(self._own.names() if self._own else ())})

    def is_built_in(self, name: str) -> bool:
        """Whether the name means one that ships with the program."""
        path = self._find(name)
        return path is not None and path.parent == BUILT_IN

    def read(self, name: str, without: frozenset[str] = frozenset()) -> Config:
        """A preset with all it extends and names in it, the keys ``without`` left out; called as it is kept.

        Raises ``UnknownPresetError`` or ``InvalidPreset``.
        """
        return _called(name, read_whole(self._existing(name), self._shelf, without=without))

    def inline(self, config: Mapping[str, Any], without: frozenset[str] = frozenset()) -> Config:
        """A config with all it extends and names in it, files below the documents folder only; raises ``InvalidPreset``."""
        return make_whole(config, None, self._shelf, without=without)

    def kept(self, name: str) -> Kept:
        """The preset's file as it is; raises ``UnknownPresetError``, or ``InvalidPreset`` where it cannot be read."""
        path = self._existing(name)
        folder = self._built_in if path.parent == BUILT_IN or self._own is None else self._own
        try:
            found = folder.read(name)
        except UnreadableFile as error:
            raise InvalidPreset([Mistake("preset", f"{path.name} {error}")]) from error
        if found is None:
            raise UnknownPresetError(name, self.names())
        return Kept(
            name=name,
            suffix=found.suffix,
            raw=found.raw,
            version=found.version,
            built_in=folder is self._built_in,
        )

    def as_kept(self, name: str, raw: bytes, suffix: str) -> Config:
        """What would be read if these bytes were kept under this name; raises ``InvalidPreset``."""
        path = self._changeable(name).path_for(name, suffix)
        config = parse_config(raw, suffix, "the preset")
        return _called(name, make_whole(config, path, self._shelf))

    def keep(self, name: str, raw: bytes, suffix: str, wish: Wish) -> bool:
        """Put the preset there, checked by the caller; whether it is new.

        Raises ``BuiltInPresetError`` and as ``KeptFiles.keep``.
        """
        return self._changeable(name).keep(name, suffix, raw, wish)

    def remove(self, name: str, wish: Wish) -> None:
        """Take the preset away; raises ``UnknownPresetError``, ``BuiltInPresetError`` and as ``KeptFiles.remove``."""
        if not self._changeable(name).remove(name, wish):
            raise UnknownPresetError(name, self.names())

    def _changeable(self, name: str) -> KeptFiles:
        if self.is_built_in(name):
            raise BuiltInPresetError(name)
        if self._own is None:
            raise FolderUnwritableError("there is no folder presets could be kept in")
        return self._own

    def _existing(self, name: str) -> Path:
        path = self._find(name)
        if path is None:
            raise UnknownPresetError(name, self.names())
        return path

    def _find(self, name: str) -> Path | None:
        return (self._own.find(name) if self._own else None) or self._built_in.find(name)

    def _find_other(self, name: str, asking: Path | None) -> Path | None:
        """The preset of this name; a preset that extends its own name means the built-in one it stands before."""
        found = self._find(name)
        return self._built_in.find(name) if found is not None and found == asking else found

    def _places_of(self, path: Path | None) -> Places:
        if path is not None and path.parent == BUILT_IN:
            return Places(roots=(BUILT_IN,), inside=(BUILT_IN,), library=self._library)
        roots = self._documents
        if path is not None and self._own is not None:
            # A preset that is extended by its path lies below the documents folder, and begins where it lies.
            roots = (path.parent, *self._documents)
        inside = (*self._documents, *(() if path is None or self._own is None else (self._own.folder,)))
        return Places(roots=roots, inside=inside, library=self._library)


def _folder(path: Path) -> KeptFiles:
    return KeptFiles(path, PRESET_SUFFIXES, most_files=MOST_PRESETS, most_bytes=MAX_EXECUTOR_BODY_BYTES)


def _called(name: str, config: Config) -> Config:
    """The preset as it is kept: so ``GET`` of one can be ``PUT`` under another name. What is no name at all stays wrong."""
    said = config.get("name")
    return {**config, "name": name} if said is None or isinstance(said, str) else config
