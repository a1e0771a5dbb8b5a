"""``--set`` against what a preset has: unknown settings are said before anything is started, list items have numbers."""

from typing import Any

import pytest

from services.cli.errors import WrongUsage
from services.cli.presets.overrides import merge_patch, names_items, with_lists
from services.cli.presets.preset_input import question, settings_patch
from services.cli.presets.setting_paths import UnknownSettingError, place_of
from services.executor.core.presets.preset_schema import preset_schema

SCHEMA = preset_schema()


@pytest.mark.parametrize(
    "key",
    [
        "limits.max_cost_usd",
        "limits.providers.openai.concurrency",
        "limits.phase_timeout_s.combine",
        "generation.models.0.temperature",
        "generation.models[0].temperature",
        "single_eval.judges.1.price.input_per_mtok",
        "single_eval.criteria.0.description",
        "documents.0.generator.settings.anything.below",
        "combine.instructions.text",
        "generation.instructions",
        "extends",
    ],
)
def test_every_setting_of_a_preset_has_its_place(key: str) -> None:
    assert place_of(key, SCHEMA).path


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("limits.max_cots_usd", "limits has no 'max_cots_usd'; did you mean 'max_cost_usd'?"),
        ("limit.max_attempts", "a preset has no 'limit'; did you mean 'limits'?"),
        ("generation.models.temperature", "generation.models is a list: its items are generation.models.0"),
        ("generation.iterations.x", "generation.iterations is a single value and has no 'x'"),
        ("limits.phase_timeout_s.reading", "generation"),
    ],
)
def test_a_setting_no_preset_has_is_named_with_what_there_is(key: str, said: str) -> None:
    with pytest.raises(UnknownSettingError) as caught:
        place_of(key, SCHEMA)
    assert said in str(caught.value)


def test_where_only_text_can_stand_everything_is_text() -> None:
    patch = settings_patch(
        ["name=2026", "description=yes", "generation.models.0.model=4", "seed=4", "description=null"]
    )
    assert patch["name"] == "2026"
    assert patch["seed"] == 4
    assert patch["generation"]["models"][0]["model"] == "4"
    assert patch["description"] is None
    assert settings_patch(["description=yes"]) == {"description": "yes"}
    assert settings_patch(['name="4"']) == {"name": "4"}


def test_lists_and_objects_may_be_json_or_yaml() -> None:
    patch = settings_patch(
        ['single_eval.judges=[{"provider": "local", "model": "m"}]', "generation.models.0.stop=[END, FIN]"]
    )
    assert patch["single_eval"]["judges"] == [{"provider": "local", "model": "m"}]
    assert patch["generation"]["models"][0]["stop"] == ["END", "FIN"]


def test_one_item_of_a_list_changes_and_the_others_stay() -> None:
    base = {"generation": {"models": [{"provider": "a", "model": "m", "seed": 1}, {"provider": "b", "model": "n"}]}}
    patch = merge_patch(["generation.models.0.temperature=0.5", "generation.models[0].seed=null", "seed=3"], SCHEMA)
    assert names_items(patch)
    assert with_lists(patch, base) == {
        "generation": {
            "models": [{"provider": "a", "model": "m", "temperature": 0.5}, {"provider": "b", "model": "n"}]
        },
        "seed": 3,
    }
    assert base["generation"]["models"][0] == {"provider": "a", "model": "m", "seed": 1}


@pytest.mark.parametrize(("base", "said"), [({"documents": [{}]}, "it has 1, counted from 0"), ({}, "no such list")])
def test_an_item_that_is_not_there_is_said(base: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        with_lists(settings_patch(["documents.3.id=x"]), base)


def test_of_a_name_item_changes_wait_for_the_preset() -> None:
    patch = settings_patch(["generation.models.0.temperature=0.5"])
    assert question("demo", patch) == {"preset": "demo", "overrides": patch}
