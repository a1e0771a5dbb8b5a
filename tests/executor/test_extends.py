"""A preset laid over another: objects merge, lists are replaced, null removes; what leads nowhere is named."""

from pathlib import Path
from typing import Any

import pytest

from services.executor.adapters.content.extended import MOST_EXTENDED
from services.executor.adapters.content.library import Library
from services.executor.adapters.content.preset_files import read_preset
from services.executor.adapters.content.presets import PresetFolders
from services.executor.core.presets.check_preset import check_preset, with_the_rest
from services.executor.core.presets.merge_patch import merge_patch, merge_patches
from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.flows.before.prepare import Preparer
from tests.executor.configs import no_list

BASE = """
name: base
description: The base.
documents: [base/*.md]
generation:
  instructions: base/do.txt
  models: [{provider: local, model: smollm2-135m}]
single_eval: {criteria: base/criteria.yaml, judges: [{provider: local, model: smollm2-135m}], trials: 2}
limits: {concurrency: 4, max_attempts: 2, providers: {openai: {concurrency: 3}}}
"""


def a_folder(folder: Path, **presets: str) -> Path:
    (folder / "base").mkdir(parents=True)
    (folder / "base" / "a.md").write_text("text a")
    (folder / "base" / "do.txt").write_text("Rewrite.")
    (folder / "base" / "criteria.yaml").write_text(
        "criteria:\n- Clarity  # first\n- {name: Depth, description: deep}\n"
    )
    for name, text in {"base": BASE, **presets}.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def mistakes(read: Any, *given: Any) -> dict[str, str]:
    with pytest.raises(InvalidPreset) as caught:
        read(*given)
    return {mistake.path: mistake.message for mistake in caught.value.mistakes}


def prepared(presets: PresetFolders, **asked: Any) -> Any:
    return Preparer(presets=presets, price_of=no_list, environ={}).prepare(asked).preset


def test_objects_merge_lists_are_replaced_and_null_removes(tmp_path: Path) -> None:
    variant = """
extends: base
documents: [{id: own, text: mine}]
generation: null
single_eval: {criteria: [Accuracy]}
limits: {concurrency: 1, max_attempts: null, providers: {mylab: {concurrency: 1}}}
"""
    found = read_preset(a_folder(tmp_path, variant=variant) / "variant.yaml")
    assert found == {
        "name": "variant",
        "description": "The base.",
        "documents": [{"id": "own", "text": "mine"}],
        "single_eval": {
            "criteria": ["Accuracy"],
            "judges": [{"provider": "local", "model": "smollm2-135m"}],
            "trials": 2,
        },
        "limits": {"concurrency": 1, "providers": {"openai": {"concurrency": 3}, "mylab": {"concurrency": 1}}},
    }
    check_preset(found, no_list)


def test_what_each_preset_names_lies_beside_it(tmp_path: Path) -> None:
    a_folder(tmp_path / "there")
    (tmp_path / "mine.yaml").write_text("extends: there/base.yaml\nlimits: {concurrency: 1}\n")
    found = check_preset(read_preset(tmp_path / "mine.yaml"), no_list)
    assert [document.text for document in found.documents] == ["text a"]
    assert found.generation is not None
    assert found.generation.instructions.text == "Rewrite."
    assert found.single_eval is not None
    assert [criterion.name for criterion in found.single_eval.criteria] == ["Clarity", "Depth"]


def test_a_circle_and_a_tower_are_refused_with_the_chain_named(tmp_path: Path) -> None:
    a_folder(tmp_path, one="extends: two", two="extends: ./three.yaml", three="extends: one", own="extends: own.yaml")
    assert (
        mistakes(read_preset, tmp_path / "one.yaml")["extends"] == "goes in a circle: one -> two -> ./three.yaml -> one"
    )
    assert mistakes(read_preset, tmp_path / "own.yaml")["extends"] == "goes in a circle: own -> own.yaml"
    for number in range(MOST_EXTENDED + 1):
        (tmp_path / f"t{number}.yaml").write_text(f"extends: t{number + 1}\n")
    (tmp_path / f"t{MOST_EXTENDED}.yaml").write_text(BASE)
    assert read_preset(tmp_path / "t0.yaml")["limits"]["concurrency"] == 4
    (tmp_path / f"t{MOST_EXTENDED}.yaml").write_text("extends: base\n")
    message = mistakes(read_preset, tmp_path / "t0.yaml")["extends"]
    assert f"more than {MOST_EXTENDED}" in message
    assert "t0 -> t1 -> t2" in message


def test_a_mistake_beneath_is_named_with_the_preset_it_is_in(tmp_path: Path) -> None:
    a_folder(tmp_path, variant="extends: base\nlimts: {}\n")
    (tmp_path / "base" / "do.txt").unlink()
    with pytest.raises(InvalidPreset) as caught:
        read_preset(tmp_path / "variant.yaml")
    found = {one.path: one.message for one in with_the_rest(caught.value, no_list).mistakes}
    assert found["generation.instructions"].endswith("(in base)")
    assert "did you mean limits?" in found["limts"]


@pytest.mark.parametrize(
    "extends", ["[base]", "7", "{}", "''", "none.yaml", "../base.yaml", "base/a.md/x", "'a\\0b/c'"]
)
def test_what_is_no_preset_cannot_be_extended(tmp_path: Path, extends: str) -> None:
    folder = a_folder(tmp_path / "presets", variant=f"extends: {extends}\nlimits: {{concurency: 1}}\n")
    (tmp_path / "base.yaml").write_text(BASE)
    presets = PresetFolders(folder, None)
    with pytest.raises(InvalidPreset) as caught:
        prepared(presets, preset="variant")
    assert {one.path for one in caught.value.mistakes} == {"extends", "limits.concurency"}


def test_a_config_over_http_may_extend_a_preset_by_name(tmp_path: Path) -> None:
    presets = PresetFolders(a_folder(tmp_path), None)
    preset = prepared(presets, config={"extends": "base", "seed": 3}, overrides={"single_eval": None})
    assert (preset.name, preset.seed, preset.single_eval, len(preset.documents)) == (None, 3, None, 1)
    assert "no preset 'none'" in mistakes(lambda: prepared(presets, config={"extends": "none"}))["extends"]
    assert "ACM2_DOCUMENTS_DIR" in mistakes(lambda: prepared(presets, config={"extends": "/etc/x.yaml"}))["extends"]


def test_an_override_may_name_another_base(tmp_path: Path) -> None:
    presets = PresetFolders(a_folder(tmp_path, mine="extends: base\nseed: 1\n", deep="extends: base\nseed: 9\n"), None)
    assert prepared(presets, preset="mine", overrides={"limits": {"concurrency": 2}}).limits.concurrency == 2
    assert prepared(presets, config={"seed": 5}, overrides={"extends": "deep"}).seed == 5
    assert prepared(presets, preset="mine", overrides={"extends": "deep", "seed": None}).seed == 9


def test_what_an_override_replaces_need_not_be_there(tmp_path: Path) -> None:
    presets = PresetFolders(a_folder(tmp_path, mine="extends: base\ndocuments: [gone.md]\n"), None)
    assert "documents (gone.md)" in mistakes(lambda: prepared(presets, preset="mine"))
    instead = {"documents": [{"id": "own", "text": "x"}]}
    assert [document.id for document in prepared(presets, preset="mine", overrides=instead).documents] == ["own"]


def test_your_own_demo_may_extend_the_built_in_one(tmp_path: Path) -> None:
    presets = PresetFolders(a_folder(tmp_path, demo="extends: demo\nlimits: {concurrency: 1}\n"), None)
    assert not presets.is_built_in("demo")
    assert prepared(presets, preset="demo").limits.concurrency == 1


def test_a_preset_that_extends_its_own_name_and_stands_before_none_is_a_circle(tmp_path: Path) -> None:
    presets = PresetFolders(a_folder(tmp_path, own="extends: own", two="extends: own"), None)
    for name, chain in (("own", "own -> own"), ("two", "two -> own -> own")):
        found = mistakes(lambda name=name: prepared(presets, preset=name))
        assert found == {"extends": f"goes in a circle: {chain}"}


def test_a_file_here_leaves_to_the_service_what_only_the_service_has(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        mine="extends: theirs\ngeneration: null\nseed: 2\n",
        far="extends: mine\ngeneration: {iterations: 2}\n",
    )
    assert read_preset(tmp_path / "mine.yaml") == {"name": "mine", "extends": "theirs", "generation": None, "seed": 2}
    sent = read_preset(tmp_path / "far.yaml")
    assert (sent["extends"], sent["generation"], sent["name"]) == ("theirs", {"iterations": 2}, "far")
    theirs = PresetFolders(a_folder(tmp_path / "service", theirs=BASE), None)
    config = read_preset(tmp_path / "mine.yaml")
    assert prepared(theirs, config=config).generation is None


def test_the_librarys_contents_are_read_where_the_library_is(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "documents: ['library:letter', {id: own, text: x}]\n"
        "generation: {instructions: 'library:brief', models: [{provider: local, model: smollm2-135m}]}\n"
        "single_eval: {criteria: 'library:fair', judges: [{provider: local, model: smollm2-135m}]}\n"
    )
    sent = read_preset(tmp_path / "mine.yaml")
    assert sent["documents"][0] == "library:letter"
    for kind, name, text in (
        ("documents", "letter.txt", "Dear all."),
        ("instructions", "brief.md", "\ufeffBe brief."),
        ("criteria", "fair.yaml", "- Fairness\n"),
    ):
        (tmp_path / "library" / kind).mkdir(parents=True)
        (tmp_path / "library" / kind / name).write_text(text)
    preset = prepared(PresetFolders(None, None, Library(tmp_path / "library")), config=sent)
    assert [(document.id, document.text) for document in preset.documents] == [("letter", "Dear all."), ("own", "x")]
    assert preset.generation.instructions.text == "Be brief."
    assert [criterion.name for criterion in preset.single_eval.criteria] == ["Fairness"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {nam: x}", "did you mean name?"),
        ("[]", "at least 1"),
        ("- A\n- a", "already"),
        ("a: 1", "list of criteria"),
        ("a: [", "criteria.yaml"),
        ("7", "list of criteria"),
    ],
)
def test_a_criteria_file_that_is_none_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    a_folder(tmp_path)
    (tmp_path / "base" / "criteria.yaml").write_text(text)
    message = mistakes(read_preset, tmp_path / "base.yaml")["single_eval.criteria"]
    assert message.startswith("criteria.yaml")
    assert said in message


def test_the_librarys_criteria_stand_for_a_whole_list(tmp_path: Path) -> None:
    a_folder(tmp_path)
    text = BASE.replace("base/criteria.yaml", "['library:fair', Depth]")
    (tmp_path / "base.yaml").write_text(text)
    assert "instead of a list" in mistakes(read_preset, tmp_path / "base.yaml")["single_eval.criteria[0]"]


@pytest.mark.parametrize("first", [{"a": 1}, {"a": None, "b": {"c": 1}}, {"b": {"c": None, "d": 2}}, {"b": None}])
@pytest.mark.parametrize("second", [{"a": 2}, {"b": {"c": 3, "e": None}}, {"a": None}, {"b": 4}, {}])
def test_two_patches_as_one_do_what_they_do_one_after_the_other(first: Any, second: Any) -> None:
    # The one difference is in the docstring: an object in place of what was no object.
    if first.get("b", {}) is None and isinstance(second.get("b"), dict):
        return
    target = {"a": 0, "b": {"c": 0, "e": 5}, "z": 1}
    assert merge_patch(target, merge_patches(first, second)) == merge_patch(merge_patch(target, first), second)
