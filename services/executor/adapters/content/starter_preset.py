"""The commented preset ``acm2 init`` writes: every setting is in it, explained."""

import json
from pathlib import Path

from services.executor.core.presets.yaml_text import read_yaml
from shared.paths import PRESET_SCHEMA

_FILE = Path(__file__).resolve().parents[2] / "presets" / "init" / "preset.yaml"


_USUAL_EXECUTOR = "http://127.0.0.1:8002"


def starter_preset(name: str, executor_url: str = _USUAL_EXECUTOR) -> str:
    """Its text, with this name in it. It can be run as it stands: it needs no key, no network and no other file.

    Editors are told to ask the executor at this address what a preset can say.
    """
    # A name like 2026 or true would be no text without quotes.
    spelled = name if read_yaml(name.encode()) == name else json.dumps(name)
    text = _FILE.read_text(encoding="utf-8").replace("name: mine\n", f"name: {spelled}\n", 1)
    return text.replace(_USUAL_EXECUTOR + PRESET_SCHEMA, executor_url + PRESET_SCHEMA, 1)
