"""The commented preset ``acm2 init`` writes: every setting is in it, explained."""

import json
from pathlib import Path

from services.executor.core.presets.yaml_text import read_yaml

_FILE = Path(__file__).resolve().parents[2] / "presets" / "init" / "preset.yaml"


def starter_preset(name: str) -> str:
    """Its text, with this name in it. It can be run as it stands: it needs no key, no network and no other file."""
    # A name like 2026 or true would be no text without quotes.
    spelled = name if read_yaml(name.encode()) == name else json.dumps(name)
    return _FILE.read_text(encoding="utf-8").replace("name: mine\n", f"name: {spelled}\n", 1)
