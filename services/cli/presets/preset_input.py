"""PRESET as it is typed: the name of one the executor knows, or the path of a file, whose documents are sent along."""

import importlib
import os
from collections.abc import Sequence
from typing import Any

from services.cli.presets.overrides import Patch, merge_patch, names_items

Json = dict[str, Any]

_FILE_ENDINGS = (".yaml", ".yml", ".json")
_MAY_NAME_FILES = frozenset({"documents", "generation", "single_eval", "pairwise_eval", "combine"})


def looks_like_path(preset: str) -> bool:
    """Whether a file is meant: it has a slash or a file's ending. ``demo`` is a name even where a file is called so."""
    return os.sep in preset or preset.startswith("~") or preset.endswith(_FILE_ENDINGS)


def settings_patch(settings: Sequence[str]) -> Patch:
    """What ``--set`` says, as a patch; raises ``WrongUsage`` for a setting no preset has."""
    if not settings:
        return {}
    # The shape of a preset takes pydantic; who sets nothing does not wait for it.
    schema = importlib.import_module("services.executor.core.presets.preset_schema").preset_schema()
    return merge_patch(settings, schema)


def question(preset: str | None, patch: Patch) -> Json:
    """The body that names the preset with its changes, as ``POST /plan`` and ``POST /runs`` take it.

    In a patch of a preset that is not a file here, changes of list items stay as they are: see ``overrides.with_lists``.
    Raises ``WrongUsage`` with every mistake of a file that cannot be read.
    """
    is_path = preset is not None and looks_like_path(preset)
    if is_path or (_MAY_NAME_FILES & set(patch) and not names_items(patch)):
        # Reading files takes the executor's own reader and its libraries; a name needs none of that.
        reader = importlib.import_module("services.cli.presets.preset_file")
        if is_path:
            return {"config": reader.config_of(preset, patch)}
        patch = reader.inlined(patch)
    return ({"preset": preset} if preset is not None else {}) | ({"overrides": patch} if patch else {})
