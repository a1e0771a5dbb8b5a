"""PRESET as it is typed: the name of one the executor knows, or the path of a file, whose documents are sent along."""

import importlib
import os
from typing import Any

Json = dict[str, Any]

_FILE_ENDINGS = (".yaml", ".yml", ".json")
_MAY_NAME_FILES = frozenset({"documents", "generation"})


def looks_like_path(preset: str) -> bool:
    """Whether a file is meant: it has a slash or a file's ending. ``demo`` is a name even where a file is called so."""
    return os.sep in preset or preset.startswith("~") or preset.endswith(_FILE_ENDINGS)


def question(preset: str, patch: Json) -> Json:
    """The body that names the preset with its changes, as ``POST /plan`` and ``POST /runs`` take it.

    Raises ``WrongUsage`` with every mistake of a file that cannot be read.
    """
    is_path = looks_like_path(preset)
    if is_path or _MAY_NAME_FILES & set(patch):
        # Reading files takes the executor's own reader and its libraries; a name needs none of that.
        reader = importlib.import_module("services.cli.presets.preset_file")
        if is_path:
            return {"config": reader.config_of(preset, patch)}
        patch = reader.inlined(patch)
    return {"preset": preset} | ({"overrides": patch} if patch else {})
