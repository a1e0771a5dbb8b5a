"""The preset ``acm2 init`` writes: it runs as it stands, and no setting is missing in it."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.executor.adapters.content.preset_files import read_preset
from services.executor.adapters.content.starter_preset import starter_preset
from services.executor.core.planning.plan import make_plan
from services.executor.core.presets.check_preset import check_preset
from services.executor.core.presets.preset import Preset
from services.executor.core.presets.preset_schema import preset_schema
from services.executor.core.presets.yaml_text import read_yaml
from shared import paths
from tests.executor.configs import no_list


def written(folder: Path, text: str) -> Preset:
    path = folder / "mine.yaml"
    path.write_text(text)
    return check_preset(read_preset(path), no_list)


def keys_of(shape: Any) -> set[str]:
    if isinstance(shape, dict):
        own = set(shape.get("properties", {}))
        return own.union(*(keys_of(value) for value in shape.values()))
    return set().union(*(keys_of(value) for value in shape)) if isinstance(shape, list) else set()


def test_it_is_valid_as_it_stands_and_needs_nothing(tmp_path: Path) -> None:
    preset = written(tmp_path, starter_preset("mine"))
    assert preset.name == "mine"
    assert 0 < make_plan(preset).planned_calls <= 10
    assert {model.provider for _, model in preset.models()} == {"local"}


def test_every_key_a_preset_may_have_is_named_in_it() -> None:
    text = starter_preset("mine")
    keys = keys_of(preset_schema())
    assert len(keys) > 45
    assert {key for key in keys if not re.search(rf"\b{key}:", text)} == set()
    phases = preset_schema()["$defs"]["Limits"]["properties"]["phase_timeout_s"]["propertyNames"]["enum"]
    assert {phase for phase in phases if phase not in text} == set()


def test_what_is_switched_off_is_valid_when_it_is_switched_on(tmp_path: Path) -> None:
    text = starter_preset("mine")
    for part in ("pairwise_eval", "combine"):
        block = re.search(rf"^# {part}:\n(# .*\n)+", text, re.MULTILINE)
        assert block is not None
        text = text.replace(block[0], re.sub(r"^# ", "", block[0], flags=re.MULTILINE))
    limits = text.index("limits:\n")
    text = text[:limits] + re.sub(r"^( +)# ", r"\1", text[limits:], flags=re.MULTILINE)
    for key in ("top_p", "seed", "stop", "price"):
        text, count = re.subn(rf"^( +)# ({key}: )", r"\1\2", text, flags=re.MULTILINE)
        assert count == 1
    # A limit of money needs a price for every model.
    text = text.replace("  max_cost_usd: 2 ", "  # max_cost_usd: 2 ")
    preset = written(tmp_path, text)
    assert preset.combine is not None
    assert preset.limits.phase_timeout_s == {"generation": 900}
    assert preset.limits.max_requests == 50


@pytest.mark.parametrize("name", ["mine", "2026", "true", "null", "1e3", "a.b-c_d", "-"])
def test_any_name_is_written_so_that_it_is_read_back(name: str) -> None:
    assert read_yaml(starter_preset(name).encode())["name"] == name


def test_editors_are_told_where_the_schema_is() -> None:
    assert starter_preset("mine").startswith(
        f"# yaml-language-server: $schema=http://127.0.0.1:8002{paths.PRESET_SCHEMA}\n"
    )
