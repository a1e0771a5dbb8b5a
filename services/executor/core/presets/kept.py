"""Files people keep with the service, presets and contents of the library: their names, versions and wishes about them."""

import re
from dataclasses import dataclass

from services.executor.core.presets.entity_tags import names_version

PRESET_SUFFIXES = (".yaml", ".yml", ".json")
TEXT_SUFFIXES = (".md", ".txt")

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_RULE = "must be letters, digits, '.', '_' or '-', at most 64, and not begin with '.'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file as it is kept, byte for byte as it was sent."""

    name: str
    suffix: str
    raw: bytes
    version: str
    built_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody who changes a file wants to be true of the one that is there."""

    if_match: str | None = None
    """An ``If-Match`` header."""
    new_only: bool = False
    """There must be none yet."""

    def allows(self, version: str | None) -> bool:
        """Whether the wish is true of this version; None is nothing there."""
        if self.new_only and version is not None:
            return False
        return self.if_match is None or names_version(self.if_match, version)


def is_name(name: str) -> bool:
    """Whether a file may be called so: no path, and nothing that is hidden."""
    return _NAME.fullmatch(name) is not None


def wrong_name(name: str, suffixes: tuple[str, ...]) -> str | None:
    """Why nothing new can be called so, or None. An ending would make a path of it wherever names and paths are both taken."""
    if not is_name(name):
        return _RULE
    ending = next((suffix for suffix in suffixes if name.lower().endswith(suffix)), None)
    return None if ending is None else f"must not end in {ending}: it is a name, no file"
