"""The library: instructions, criteria and documents that presets refer to by name, one file each."""

from pathlib import Path
from typing import Any

from services.executor.adapters.content.kept_files import KeptFiles
from services.executor.adapters.content.read_bounded import UnreadableFile
from services.executor.core.presets.criteria_list import criteria_in, criteria_mistakes
from services.executor.core.presets.kept import PRESET_SUFFIXES, TEXT_SUFFIXES, Kept, Wish
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.core.presets.yaml_text import NotYaml, read_yaml
from services.executor.errors import UnknownContentError
from shared.strict_json import NotJson, loads

KINDS = ("instructions", "criteria", "documents")
MOST_FILES = 10_000
MOST_BYTES = 8 * 1024 * 1024


class Library:
    """Reads and changes the folders ``instructions``, ``criteria`` and ``documents`` below one folder."""

    def __init__(self, folder: Path) -> None:
        self._kinds = {
            kind: KeptFiles(
                folder / kind,
                PRESET_SUFFIXES if kind == "criteria" else TEXT_SUFFIXES,
                most_files=MOST_FILES,
                most_bytes=MOST_BYTES,
            )
            for kind in KINDS
        }

    def names(self, kind: str) -> list[str]:
        """All names of a kind, sorted."""
        return self._kinds[kind].names()

    def size_bytes(self, kind: str, name: str) -> int:
        """How large the file is, without reading it."""
        return self._kinds[kind].size_bytes(name)

    def kept(self, kind: str, name: str) -> Kept:
        """The file as it is; raises ``UnknownContentError``, or ``InvalidPreset`` where it cannot be read."""
        try:
            kept = self._kinds[kind].read(name)
        except UnreadableFile as error:
            raise InvalidPreset([Mistake(f"{kind}.{name}", str(error))]) from error
        if kept is None:
            raise UnknownContentError(kind, name, self.names(kind))
        return kept

    def text(self, kind: str, name: str) -> str:
        """The text of instructions or of a document; raises ``UnknownContentError`` or ``InvalidPreset``."""
        raw = self.kept(kind, name).raw
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidPreset([Mistake(f"{kind}.{name}", f"is not UTF-8 at byte {error.start}")]) from error

    def criteria(self, name: str) -> Any:
        """The list of criteria of this name; raises ``UnknownContentError``, or ``InvalidPreset`` with all mistakes."""
        value = criteria_value(self.kept("criteria", name))
        mistakes = criteria_mistakes(value)
        if mistakes:
            raise InvalidPreset(mistakes)
        return criteria_in(value)

    def keep(self, kind: str, name: str, raw: bytes, suffix: str, wish: Wish) -> bool:
        """Put it there, checked by the caller; whether it is new. Raises as ``KeptFiles.keep``."""
        folder = self._kinds[kind]
        if kind != "criteria":
            before = folder.find(name)
            suffix = before.suffix if before else TEXT_SUFFIXES[0]
        return folder.keep(name, suffix, raw, wish)

    def remove(self, kind: str, name: str, wish: Wish) -> None:
        """Take it away; raises ``UnknownContentError`` and as ``KeptFiles.remove``."""
        if not self._kinds[kind].remove(name, wish):
            raise UnknownContentError(kind, name, self.names(kind))


def criteria_value(kept: Kept) -> Any:
    """What a criteria file says; raises ``InvalidPreset`` where it is neither YAML nor JSON."""
    try:
        return loads(kept.raw) if kept.suffix == ".json" else read_yaml(kept.raw)
    except (NotYaml, NotJson) as error:
        raise InvalidPreset([Mistake("criteria", str(error))]) from error
