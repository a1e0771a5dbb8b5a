"""A preset with everything it extends laid beneath it, each with the files it names read into it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.executor.adapters.content.read_bounded import UnreadableFile, read_bounded
from services.executor.adapters.content.references import Places, References, Room, is_path
from services.executor.core.presets.merge_patch import merge_patch, merge_patches
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.core.presets.yaml_text import NotYaml, read_yaml
from services.executor.errors import UnknownPresetError
from shared.limits import MAX_EXECUTOR_BODY_BYTES
from shared.strict_json import NotJson, loads

EXTENDS = "extends"
MOST_EXTENDED = 8
"""How many presets may stand beneath one another."""

Config = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where presets and what they name are found."""

    places_of: Callable[[Path | None], Places]
    """What the preset in this file may name; None is one that came over HTTP."""
    find: Callable[[str, Path | None], Path | None]
    """The file of the preset with this name; the second is who asks, and is not the answer."""
    known: Callable[[], Sequence[str]] = list
    leaves_names: bool = False
    """A name nobody knows here is kept as it is, for the service that may know it."""


@dataclass(slots=True)
class _Reading:
    """One preset being read, and what was found on the way."""

    shelf: Shelf
    without: frozenset[str]
    room: Room = field(default_factory=Room)
    mistakes: list[Mistake] = field(default_factory=list)
    is_open: bool = False

    def take(self, mistakes: Sequence[Mistake], chain: Sequence[str]) -> None:
        """Take in what is wrong with the last preset of the chain."""
        where = f" (in {chain[-1]})" if len(chain) > 1 else ""
        self.mistakes.extend(Mistake(one.path, one.message + where) for one in mistakes)


def read_whole(path: Path, shelf: Shelf, *, without: frozenset[str] = frozenset()) -> Config:
    """The preset in this file, with what it extends and names in it; its name is the file's unless it says another.

    ``without`` are keys that are left out wherever they stand, and what they name is not read. Raises ``InvalidPreset``
    with everything that is missing or cannot be read. Nothing else is checked here.
    """
    return _named(make_whole(read_config(path), path, shelf, without=without), path.stem)


def make_whole(
    config: Mapping[str, Any], path: Path | None, shelf: Shelf, *, without: frozenset[str] = frozenset()
) -> Config:
    """The same of a config that is at hand; ``path`` is the file it is, or would be, in. Raises ``InvalidPreset``."""
    reading = _Reading(shelf, without)
    label = "this config" if path is None else path.stem
    whole = _resolve(dict(config), path, ((label, _identity(path)),), reading)
    if reading.mistakes:
        # What was left for others to look up cannot be checked here.
        raise InvalidPreset(reading.mistakes, rest=None if reading.is_open else whole)
    return whole


def read_config(path: Path) -> Config:
    """What the file says, nothing read into it; raises ``InvalidPreset``."""
    try:
        raw = read_bounded(path, MAX_EXECUTOR_BODY_BYTES)
    except UnreadableFile as error:
        raise InvalidPreset([Mistake("preset", f"{path} {error}")]) from error
    return parse_config(raw, path.suffix, str(path))


def parse_config(raw: bytes, suffix: str, called: str) -> Config:
    """What these bytes of a preset file say; raises ``InvalidPreset``."""
    try:
        config = loads(raw) if suffix == ".json" else read_yaml(raw)
    except (NotYaml, NotJson) as error:
        raise InvalidPreset([Mistake("preset", f"{called}: {error}")]) from error
    if not isinstance(config, dict):
        raise InvalidPreset([Mistake("preset", f"{called} must hold keys and values")])
    return config


def _resolve(
    config: Config, path: Path | None, chain: tuple[tuple[str, Path | None], ...], reading: _Reading
) -> Config:
    labels = [label for label, _ in chain]
    references = References(reading.shelf.places_of(path), reading.room)
    own = references.inline({key: value for key, value in config.items() if key not in reading.without})
    reading.is_open |= references.is_open
    reading.take(references.mistakes, labels)
    extends = own.pop(EXTENDS, None)
    if extends is None:
        return own
    found = _base(extends, path, chain, reading)
    if found is None:
        return own
    if isinstance(found, str):
        reading.is_open = True
        return {EXTENDS: found, **own}
    try:
        base = read_config(found)
    except InvalidPreset as error:
        reading.take([Mistake(EXTENDS, mistake.message) for mistake in error.mistakes], labels)
        return own
    beneath = _resolve(base, found, (*chain, (str(extends), _identity(found))), reading)
    beneath.pop("name", None)
    merged: Config = merge_patches(beneath, own) if EXTENDS in beneath else merge_patch(beneath, own)
    return merged


def _base(
    extends: Any, path: Path | None, chain: tuple[tuple[str, Path | None], ...], reading: _Reading
) -> Path | str | None:
    """The file that is extended; its name where that is left to others; None, and a mistake, where there is none."""
    labels = [label for label, _ in chain]
    if not isinstance(extends, str) or not extends:
        reading.take([Mistake(EXTENDS, "must be the name of a preset, or the path of a preset file")], labels)
        return None
    if is_path(extends):
        references = References(reading.shelf.places_of(path), reading.room)
        found = references.path(EXTENDS, extends, "the preset")
        reading.take(references.mistakes, labels)
    else:
        found = reading.shelf.find(extends, path)
        if found is None and reading.shelf.leaves_names:
            return extends
        if found is None and path is not None and path.stem == extends:
            found = path
        if found is None:
            reading.take([Mistake(EXTENDS, str(UnknownPresetError(extends, reading.shelf.known())))], labels)
    if found is None:
        return None
    shown = " -> ".join([*labels, extends[:100]])
    if _identity(found) in {identity for _, identity in chain}:
        reading.take([Mistake(EXTENDS, f"goes in a circle: {shown}")], labels[:1])
        return None
    if len(chain) > MOST_EXTENDED:
        reading.take([Mistake(EXTENDS, f"more than {MOST_EXTENDED} presets beneath one another: {shown}")], labels[:1])
        return None
    return found


def _identity(path: Path | None) -> Path | None:
    return None if path is None else path.resolve()


def _named(config: Config, name: str) -> Config:
    if config.get("name") is not None:
        return config
    return {"name": name, **{key: value for key, value in config.items() if key != "name"}}
