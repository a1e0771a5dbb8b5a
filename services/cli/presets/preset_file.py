"""Preset files, and files a change names, as configs travel: with every text inline."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.errors import WrongUsage
from services.cli.presets.overrides import with_lists
from services.cli.presets.own_prices import own_prices
from services.executor.adapters.content.extended import parse_config
from services.executor.adapters.content.preset_files import inline_files, read_preset
from services.executor.core.presets.check_preset import with_the_rest
from services.executor.core.presets.merge_patch import merge_patch, merge_patches
from services.executor.core.presets.mistakes import InvalidPreset

Json = dict[str, Any]


def config_of(preset: str, patch: Json) -> Json:
    """The config of the file with the patch applied; raises ``WrongUsage`` with all mistakes at once."""
    path = Path(preset).expanduser()
    if not path.is_file():
        raise WrongUsage(f"there is no file {preset}; a preset is a name (see: acm2 presets) or the path of a file")
    try:
        config = read_preset(path)
    except InvalidPreset as error:
        raise _wrong(preset, with_the_rest(error, own_prices(os.environ).price_of)) from error
    # Where the executor still lays it over a preset it has, a null must get there to take something away.
    merge = merge_patches if "extends" in config else merge_patch
    merged: Json = merge(config, inlined(with_lists(patch, config)))
    return merged


@dataclass(frozen=True, kw_only=True)
class ToKeep:
    """A preset as it is sent to be kept: the file itself, or, where something had to be read into it, without its comments."""

    name: str
    text: bytes
    content_type: str
    keeps_comments: bool


def to_keep(preset: str, name: str | None) -> ToKeep:
    """The file as the executor can keep it, under this name or its own; raises ``WrongUsage`` as ``config_of``.

    A preset that is kept cannot name files of this machine: where it does, what is sent is the preset with every text
    in it. Where it names none, what is sent is the file.
    """
    whole = config_of(preset, {})
    kept = name or str(whole["name"])
    whole = {"name": kept, **{key: value for key, value in whole.items() if key != "name"}}
    path = Path(preset).expanduser()
    if path.suffix != ".json":
        try:
            text = path.read_bytes()
        except OSError as error:
            raise WrongUsage(f"{preset} cannot be read: {error.strerror}") from error
        if {**parse_config(text, path.suffix, str(path)), "name": kept} == whole:
            return ToKeep(name=kept, text=text, content_type="application/yaml", keeps_comments=True)
    # JSON has no comments to lose.
    text = (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()
    return ToKeep(name=kept, text=text, content_type="application/json", keeps_comments=path.suffix == ".json")


def inlined(patch: Json) -> Json:
    """The patch with the files it names read; they were typed here, so they are looked for here."""
    try:
        return inline_files(patch, Path.cwd())
    except InvalidPreset as error:
        raise _wrong("--set", error) from error


def _wrong(where: str, error: InvalidPreset) -> WrongUsage:
    mistakes = "".join(f"\n  {mistake.path}: {mistake.message}" for mistake in error.mistakes)
    return WrongUsage(f"{where}:{mistakes}")
