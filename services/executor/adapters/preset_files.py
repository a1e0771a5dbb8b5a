"""A preset from a file, with every file it names read into it: what a config over HTTP looks like."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.executor.core.mistakes import InvalidPreset, Mistake
from services.executor.core.yaml_text import NotYaml, read_yaml
from shared.limits import MAX_EXECUTOR_BODY_BYTES
from shared.strict_json import NotJson, loads

SUFFIXES = (".yaml", ".yml", ".json")
_GLOB = frozenset("*?[")
_NOWHERE = "names a file, and files can only be named below ACM2_DOCUMENTS_DIR; send {} inline"


def read_preset(path: Path) -> dict[str, Any]:
    """The preset in this file, with its files inlined; relative paths are relative to it.

    Raises ``InvalidPreset`` with every file that is missing or cannot be read. Nothing else is checked here.
    """
    config = _read_config(path)
    if config.get("name") is None:
        config = {"name": path.stem, **{key: value for key, value in config.items() if key != "name"}}
    return inline_files(config, path.parent)


def inline_files(config: Mapping[str, Any], root: Path | None, *, confined: bool = False) -> dict[str, Any]:
    """The config with each file it names read into it.

    ``root`` is where relative paths begin, None where no file may be named; ``confined`` keeps every path below it.
    Raises ``InvalidPreset``.
    """
    reader = _Reader(root, confined=confined)
    result = dict(config)
    if isinstance(result.get("documents"), list):
        result["documents"] = reader.documents(result["documents"])
    generation = result.get("generation")
    if isinstance(generation, Mapping) and isinstance(generation.get("instructions"), str):
        text = reader.text("generation.instructions", generation["instructions"], "{text}")
        result["generation"] = {**generation, "instructions": {"text": text}}
    if reader.mistakes:
        raise InvalidPreset(reader.mistakes, rest=result)
    return result


def _read_config(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
        config = loads(raw) if path.suffix == ".json" else read_yaml(raw)
    except OSError as error:
        raise InvalidPreset([Mistake("preset", f"{path} cannot be read: {error.strerror}")]) from error
    except (NotYaml, NotJson) as error:
        raise InvalidPreset([Mistake("preset", f"{path}: {error}")]) from error
    if not isinstance(config, dict):
        raise InvalidPreset([Mistake("preset", f"{path} must hold keys and values")])
    return config


class _Reader:
    """Reads the files of one config and remembers everything that went wrong."""

    def __init__(self, root: Path | None, *, confined: bool) -> None:
        self._root = root
        self._confined = confined
        self._bytes = 0
        self.mistakes: list[Mistake] = []

    def documents(self, listed: list[Any]) -> list[Any]:
        """The list with each path or pattern replaced by the documents it means."""
        files: list[Path] = []
        found: list[Any] = []
        for index, item in enumerate(listed):
            if not isinstance(item, str):
                found.append(item)
                continue
            for path in self._matching(f"documents[{index}]", item):
                if path not in files:
                    files.append(path)
                    found.append(path)
        ids = _ids(files)
        return [
            {"id": ids[item], "text": self._read(f"documents ({item.name})", item)} if isinstance(item, Path) else item
            for item in found
        ]

    def text(self, where: str, name: str, instead: str) -> str:
        """One file's text."""
        path = self._path(where, name, instead)
        return "" if path is None else self._read(where, path)

    def _matching(self, where: str, pattern: str) -> list[Path]:
        if not _GLOB & set(pattern):
            path = self._path(where, pattern, "{id, text}")
            return [] if path is None else [path]
        if self._root is None:
            self._wrong(where, _NOWHERE.format("{id, text}"))
            return []
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            self._wrong(where, f"the pattern {pattern!r} must stay below the preset's folder")
            return []
        paths = sorted(path for path in self._root.glob(pattern) if path.is_file() and self._inside(path))
        if not paths:
            self._wrong(where, f"no file matches {pattern!r} in {self._root.resolve()}")
        return paths

    def _path(self, where: str, name: str, instead: str) -> Path | None:
        if self._root is None:
            self._wrong(where, _NOWHERE.format(instead))
            return None
        path = self._root / name
        if not self._inside(path):
            self._wrong(where, f"{name!r} lies outside ACM2_DOCUMENTS_DIR")
            return None
        return path

    def _inside(self, path: Path) -> bool:
        # Resolved on both sides, so that no link leads out.
        return not self._confined or self._root is None or path.resolve().is_relative_to(self._root.resolve())

    def _read(self, where: str, path: Path) -> str:
        try:
            raw = path.read_bytes()
            self._bytes += len(raw)
            if self._bytes > MAX_EXECUTOR_BODY_BYTES:
                self._wrong(where, f"all files together may have {MAX_EXECUTOR_BODY_BYTES} bytes")
                return ""
            return raw.decode("utf-8-sig")
        except OSError as error:
            self._wrong(where, f"{path} cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            self._wrong(where, f"{path} is not UTF-8 at byte {error.start}")
        return ""

    def _wrong(self, where: str, message: str) -> None:
        self.mistakes.append(Mistake(where, message))


def _ids(files: list[Path]) -> dict[Path, str]:
    """A document's id is its file's name without the ending, as long as that tells them apart."""
    for spell in (lambda path: path.stem, lambda path: path.name, lambda path: f"{path.parent.name}.{path.name}"):
        ids = {path: spell(path).replace("~", "-") for path in files}
        if len(set(ids.values())) == len(files):
            return ids
    return {path: f"{path.stem.replace('~', '-')}-{number}" for number, path in enumerate(files, 1)}
