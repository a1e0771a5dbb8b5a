"""A preset from a file somebody named here, with every file it names read into it: what a config over HTTP looks like.

What only the service has is left as it is for it: contents of the library, and presets that are extended by name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.executor.adapters.content.extended import Shelf, read_whole
from services.executor.adapters.content.references import Places, References, Room
from services.executor.core.presets.kept import PRESET_SUFFIXES
from services.executor.core.presets.mistakes import InvalidPreset


def read_preset(path: Path) -> dict[str, Any]:
    """The preset in this file, with its files inlined; relative paths are relative to it.

    A name it extends is looked for beside it. Raises ``InvalidPreset`` with every file that is missing or cannot be
    read. Nothing else is checked here.
    """
    return read_whole(path, Shelf(places_of=_places_beside, find=_beside, leaves_names=True))


def inline_files(config: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """The config with each file it names read into it; relative paths begin at ``root``. Raises ``InvalidPreset``."""
    references = References(Places(roots=(root,), leaves_library=True), Room())
    result = references.inline(config)
    if references.mistakes:
        raise InvalidPreset(references.mistakes, rest=None if references.is_open else result)
    return result


def _places_beside(path: Path | None) -> Places:
    return Places(roots=() if path is None else (path.parent,), leaves_library=True)


def _beside(name: str, asking: Path | None) -> Path | None:
    if asking is None:
        return None
    paths = (asking.parent / f"{name}{suffix}" for suffix in PRESET_SUFFIXES)
    return next((path for path in paths if path.is_file() and path.resolve() != asking.resolve()), None)
