"""Presets by name: your own folder first, then those that ship with the program."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.executor.adapters.preset_files import SUFFIXES, inline_files, read_preset
from services.executor.errors import UnknownPresetError

BUILT_IN = Path(__file__).resolve().parent.parent / "presets"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class PresetFolders:
    """The presets of this service, read from their files whenever they are asked for."""

    def __init__(self, own: Path | None, documents: Path | None) -> None:
        self._folders = [folder for folder in (own, BUILT_IN) if folder is not None]
        self._documents = documents

    def names(self) -> list[str]:
        """All preset names, sorted."""
        return sorted({path.stem for folder in self._folders for path in _files(folder) if _NAME.fullmatch(path.stem)})

    def is_built_in(self, name: str) -> bool:
        """Whether the name means one that ships with the program."""
        path = self._find(name)
        return path is not None and path.parent == BUILT_IN

    def read(self, name: str) -> dict[str, Any]:
        """A preset with its files inlined; raises ``UnknownPresetError`` or ``InvalidPreset``."""
        path = self._find(name)
        if path is None:
            raise UnknownPresetError(name, self.names())
        return read_preset(path)

    def inline(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A config with the files it names inlined, below the documents folder only; raises ``InvalidPreset``."""
        return inline_files(config, self._documents, confined=True)

    def _find(self, name: str) -> Path | None:
        if not _NAME.fullmatch(name):
            return None
        # Compared with what is there, so that no name leads out of the folder.
        return next((path for folder in self._folders for path in _files(folder) if path.stem == name), None)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES) if folder.is_dir() else []
