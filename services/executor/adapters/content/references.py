"""What a config names, read into it: documents, instructions and criteria from files and from the library."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.executor.adapters.content.library import Library, criteria_value
from services.executor.adapters.content.matching_files import (
    MOST_ENTRIES,
    Looked,
    TooMuchToLookAt,
    is_pattern,
    matching_files,
)
from services.executor.adapters.content.read_bounded import UnreadableFile, read_bounded
from services.executor.core.presets.criteria_list import criteria_in, criteria_mistakes
from services.executor.core.presets.kept import PRESET_SUFFIXES, Kept
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.errors import UnknownContentError
from shared.limits import MAX_EXECUTOR_BODY_BYTES

LIBRARY = "library:"
MOST_DOCUMENTS = 10_000
_SHOWN_CHARS = 200
_NOWHERE = "names a file, and files can only be named below ACM2_DOCUMENTS_DIR; send {} inline, or use library:NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where what a config names may lie."""

    roots: tuple[Path, ...] = ()
    """Where relative paths begin, in this order; without one no file may be named."""
    inside: tuple[Path, ...] | None = None
    """The folders no path may lead out of; None is anywhere, for files named by whoever runs this process."""
    library: Library | None = None
    leaves_library: bool = False
    """References to the library are kept as they are, for the service that has it."""


class Room:
    """How many bytes everything one config names may have together, and how much is looked at to find it."""

    def __init__(self, most_bytes: int = MAX_EXECUTOR_BODY_BYTES, most_entries: int = MOST_ENTRIES) -> None:
        self.left_bytes = most_bytes
        self.looked = Looked(most_entries)


class References:
    """Reads what one config names and remembers everything that went wrong."""

    def __init__(self, places: Places, room: Room) -> None:
        self._places = places
        self._room = room
        self.mistakes: list[Mistake] = []
        self.is_open = False
        """Whether a reference was left as it is."""

    def inline(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The config with each reference replaced by what it means; what is wrong stands in ``mistakes``."""
        result = dict(config)
        if isinstance(result.get("documents"), list):
            result["documents"] = self._documents(result["documents"])
        for phase in ("generation", "combine"):
            self._part(result, phase, "instructions", self._instructions)
        for phase in ("single_eval", "pairwise_eval"):
            self._part(result, phase, "criteria", self._criteria)
        return result

    def path(self, where: str, name: str, instead: str) -> Path | None:
        """The file a config names; None, and a mistake, where it may not be named."""
        if not name.strip():
            self._wrong(where, f"is empty; name a file or library:NAME, or give {instead} inline")
            return None
        if not self._places.roots:
            self._wrong(where, _NOWHERE.format(instead))
            return None
        paths = [root / name for root in self._places.roots]
        path = next((path for path in paths if _is_there(path)), paths[0])
        if not self._inside(path):
            outside = "lies outside the presets' folder and ACM2_DOCUMENTS_DIR, or is hidden"
            self._wrong(where, f"{name[:_SHOWN_CHARS]!r} {outside}: put it below one of the two")
            return None
        return path

    def _part(self, result: dict[str, Any], phase: str, key: str, read: Callable[[str, Any], Any]) -> None:
        part = result.get(phase)
        if isinstance(part, Mapping) and key in part:
            result[phase] = {**part, key: read(f"{phase}.{key}", part[key])}

    def _instructions(self, where: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        name = self._library_name(value)
        if name is None:
            path = self.path(where, value, "{text}")
            return {"text": "" if path is None else self._read(where, value, path)}
        return self._of_library(
            where, value, lambda library: {"text": library.text("instructions", name)}, {"text": ""}
        )

    def _criteria(self, where: str, value: Any) -> Any:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, str) and item.startswith(LIBRARY):
                    hint = f"stands for a whole list; write criteria: {item[:100]} instead of a list"
                    self._wrong(f"{where}[{index}]", hint)
        if not isinstance(value, str):
            return value
        name = self._library_name(value)
        if name is not None:
            return self._of_library(where, value, lambda library: library.criteria(name), [])
        path = self.path(where, value, "a list of criteria")
        if path is None:
            return []
        text = self._read(where, value, path, "; criteria are a list, the path of a YAML file, or library:NAME")
        kept = Kept(name=path.stem, suffix=path.suffix, raw=text.encode(), version="")
        return self._checked(where, kept) if text else []

    def _checked(self, where: str, kept: Kept) -> Any:
        try:
            value = criteria_value(kept)
        except InvalidPreset as error:
            self._wrong(where, f"{kept.name}{kept.suffix}: {error.mistakes[0].message}")
            return []
        for mistake in (found := criteria_mistakes(value)):
            self._wrong(where, f"{kept.name}{kept.suffix}: {mistake.path}: {mistake.message}")
        return [] if found else criteria_in(value)

    def _documents(self, listed: list[Any]) -> list[Any]:
        files: dict[Path, str] = {}
        found: list[Any] = []
        for index, item in enumerate(listed):
            where = f"documents[{index}]"
            if not isinstance(item, str):
                found.append(item)
            elif (name := self._library_name(item)) is not None:
                found.append(self._library_document(where, item, name))
            else:
                for path in self._matching(where, item):
                    if path not in files:
                        files[path] = item
                        found.append(path)
        ids = _ids(list(files))
        return [
            {"id": ids[item], "text": self._read(f"documents ({item.name})", item.name, item)}
            if isinstance(item, Path)
            else item
            for item in found
        ]

    def _library_document(self, where: str, value: str, name: str) -> Any:
        return self._of_library(
            where,
            value,
            lambda library: {"id": name, "text": library.text("documents", name)},
            {"id": name, "text": ""},
        )

    def _of_library(self, where: str, value: str, read: Callable[[Library], Any], nothing: Any) -> Any:
        if self._places.leaves_library:
            self.is_open = True
            return value
        if self._places.library is None:
            self._wrong(where, f"{value[:100]!r}: there is no library here")
            return nothing
        try:
            found = read(self._places.library)
        except UnknownContentError as error:
            self._wrong(where, str(error))
            return nothing
        except InvalidPreset as error:
            for mistake in error.mistakes:
                self._wrong(where, f"{value[:100]}: {mistake.path}: {mistake.message}")
            return nothing
        text = found.get("text", "") if isinstance(found, dict) else ""
        return found if self._take(where, len(text.encode())) else nothing

    def _library_name(self, value: str) -> str | None:
        return value.removeprefix(LIBRARY) if value.startswith(LIBRARY) else None

    def _matching(self, where: str, pattern: str) -> list[Path]:
        if not is_pattern(pattern):
            path = self.path(where, pattern, "{id, text}")
            return [] if path is None else [path]
        if not self._places.roots:
            self._wrong(where, _NOWHERE.format("{id, text}"))
            return []
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            self._wrong(where, f"the pattern {pattern!r} must stay below the preset's folder")
            return []
        if pattern.count("**") > 1:
            # Each further one multiplies the folders that are walked, and nothing could stop the walk.
            self._wrong(where, f"the pattern {pattern[:_SHOWN_CHARS]!r} may have ** once")
            return []
        for root in self._places.roots:
            try:
                found = matching_files(root, pattern, self._room.looked)
                paths = [path for path in found if self._inside(path)]
            except TooMuchToLookAt:
                much = f"{pattern[:_SHOWN_CHARS]!r} would look at more than {MOST_ENTRIES} files and folders"
                self._wrong(where, f"{much} below {root.resolve()}; name the folder they lie in")
                return []
            except (OSError, ValueError) as error:
                self._wrong(where, f"{pattern!r} is no pattern: {error}")
                return []
            if len(paths) > MOST_DOCUMENTS:
                self._wrong(where, f"{pattern!r} matches {len(paths)} files; a run takes {MOST_DOCUMENTS} at most")
                return []
            if paths:
                return sorted(paths)
        self._wrong(where, f"no file matches {pattern!r} in {self._places.roots[0].resolve()}")
        return []

    def _inside(self, path: Path) -> bool:
        if self._places.inside is None:
            return True
        # Resolved on both sides, so that no link leads out. What is hidden (.env, .git) is nobody's document.
        try:
            target = path.resolve()
            folders = [folder.resolve() for folder in self._places.inside]
        except (OSError, ValueError, RuntimeError):
            return False
        below = [target.relative_to(folder).parts for folder in folders if target.is_relative_to(folder)]
        return any(not any(part.startswith(".") for part in parts) for parts in below)

    def _read(self, where: str, name: str, path: Path, hint: str = "") -> str:
        try:
            raw = read_bounded(path, MAX_EXECUTOR_BODY_BYTES)
            return raw.decode("utf-8-sig") if self._take(where, len(raw)) else ""
        except UnreadableFile as error:
            self._wrong(where, f"{name} {error}{hint}")
        except UnicodeDecodeError as error:
            self._wrong(where, f"{name} is not UTF-8 at byte {error.start}")
        return ""

    def _take(self, where: str, size_bytes: int) -> bool:
        self._room.left_bytes -= size_bytes
        if self._room.left_bytes >= 0:
            return True
        self._wrong(where, f"everything a preset names may have {MAX_EXECUTOR_BODY_BYTES} bytes together")
        return False

    def _wrong(self, where: str, message: str) -> None:
        self.mistakes.append(Mistake(where, message))


def is_path(reference: str) -> bool:
    """Whether a preset's reference to another is a path, not a name."""
    return "/" in reference or reference.endswith(PRESET_SUFFIXES)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _ids(files: list[Path]) -> dict[Path, str]:
    """A document's id is its file's name without the ending, as long as that tells them apart."""
    for spell in (lambda path: path.stem, lambda path: path.name, lambda path: f"{path.parent.name}.{path.name}"):
        ids = {path: spell(path).replace("~", "-") for path in files}
        if len(set(ids.values())) == len(files):
            return ids
    return {path: f"{path.stem.replace('~', '-')}-{number}" for number, path in enumerate(files, 1)}
