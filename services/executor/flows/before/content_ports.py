"""What changing presets and the library needs from the outside."""

from typing import Any, Protocol

from services.executor.core.presets.kept import Kept, Wish


class PresetStore(Protocol):
    """Presets as files that people change."""

    def kept(self, name: str) -> Kept:
        """The preset's file as it is; raises ``UnknownPresetError``, or ``InvalidPreset`` where it cannot be read."""

    def as_kept(self, name: str, raw: bytes, suffix: str) -> dict[str, Any]:
        """What would be read if these bytes were kept under this name; raises ``InvalidPreset``."""

    def keep(self, name: str, raw: bytes, suffix: str, wish: Wish) -> bool:
        """Put the preset there, durable when this returns; whether it is new.

        Raises ``BuiltInPresetError``, ``ContentExistsError``, ``ChangedMeanwhileError``, ``FolderFullError`` or
        ``FolderUnwritableError``.
        """

    def remove(self, name: str, wish: Wish) -> None:
        """Take the preset away; raises ``UnknownPresetError`` and as ``keep``."""


class LibraryStore(Protocol):
    """Instructions, criteria and documents by name."""

    def names(self, kind: str) -> list[str]:
        """All names of a kind, sorted."""

    def size_bytes(self, kind: str, name: str) -> int:
        """How large the file is, without reading it."""

    def kept(self, kind: str, name: str) -> Kept:
        """The file as it is; raises ``UnknownContentError``, or ``InvalidPreset`` where it cannot be read."""

    def text(self, kind: str, name: str) -> str:
        """The text of instructions or of a document; raises ``UnknownContentError`` or ``InvalidPreset``."""

    def criteria(self, name: str) -> Any:
        """The list of criteria of this name; raises ``UnknownContentError``, or ``InvalidPreset`` with all mistakes."""

    def keep(self, kind: str, name: str, raw: bytes, suffix: str, wish: Wish) -> bool:
        """Put it there, durable when this returns; whether it is new. Raises as ``PresetStore.keep``."""

    def remove(self, kind: str, name: str, wish: Wish) -> None:
        """Take it away; raises ``UnknownContentError`` and as ``PresetStore.keep``."""
