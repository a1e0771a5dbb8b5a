"""Presets from files: what they name is read into them, and what is missing is named."""

from pathlib import Path

import pytest

from services.executor.adapters.content.matching_files import Looked, matching_files
from services.executor.adapters.content.preset_files import inline_files, read_preset
from services.executor.adapters.content.presets import BUILT_IN, PresetFolders
from services.executor.adapters.content.references import Places, References, Room
from services.executor.core.planning.plan import make_plan
from services.executor.core.presets.check_preset import check_preset
from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.errors import UnknownPresetError
from tests.executor.configs import no_list

PRESET = """
documents: [docs/*.md, {id: own, text: inline}]
generation:
  instructions: prompts/generate.md
  models: [{provider: local, model: smollm2-135m}]
"""


def a_folder(folder: Path) -> Path:
    (folder / "docs").mkdir(parents=True)
    (folder / "prompts").mkdir()
    (folder / "docs" / "b.md").write_text("text b")
    (folder / "docs" / "a.md").write_text("\ufefftext ä", encoding="utf-8")
    (folder / "prompts" / "generate.md").write_text("Rewrite.")
    (folder / "mine.yaml").write_text(PRESET)
    return folder / "mine.yaml"


def mistakes(path: Path) -> dict[str, str]:
    with pytest.raises(InvalidPreset) as caught:
        read_preset(path)
    return {mistake.path: mistake.message for mistake in caught.value.mistakes}


def test_documents_and_instructions_are_read_into_the_preset(tmp_path: Path) -> None:
    preset = read_preset(a_folder(tmp_path))
    assert preset["name"] == "mine"
    assert preset["documents"] == [
        {"id": "a", "text": "text ä"},
        {"id": "b", "text": "text b"},
        {"id": "own", "text": "inline"},
    ]
    assert preset["generation"]["instructions"] == {"text": "Rewrite."}
    check_preset(preset, no_list)


def test_every_missing_file_is_named(tmp_path: Path) -> None:
    path = a_folder(tmp_path)
    path.write_text(
        "documents: [gone.md, 'none/*.md']\ngeneration: {instructions: away.md, models: []}\n"
        "combine: {instructions: '', models: []}\n"
    )
    found = mistakes(path)
    assert len(found) == 4
    assert found["combine.instructions"].startswith("is empty")
    assert all(name in " ".join(found.values()) for name in ("gone.md", "none/*.md", "away.md"))


def test_a_file_that_is_no_text_is_a_mistake(tmp_path: Path) -> None:
    path = a_folder(tmp_path)
    (tmp_path / "docs" / "a.md").write_bytes(b"\xff\xfe")
    assert any("not UTF-8" in message for message in mistakes(path).values())


@pytest.mark.parametrize("text", ["", "- a", "a: [", "a: 1\na: 2"])
def test_a_file_that_is_no_preset_is_a_mistake(tmp_path: Path, text: str) -> None:
    path = a_folder(tmp_path)
    path.write_text(text)
    assert mistakes(path)


def test_two_files_of_one_name_stay_two_documents(tmp_path: Path) -> None:
    a_folder(tmp_path)
    (tmp_path / "docs" / "a.txt").write_text("other")
    preset = inline_files({"documents": ["docs/a.*"]}, tmp_path)
    assert [item["id"] for item in preset["documents"]] == ["a.md", "a.txt"]


def test_without_a_documents_folder_no_file_may_be_named() -> None:
    config = {"documents": ["/etc/hostname"], "generation": {"instructions": "/etc/hostname"}}
    with pytest.raises(InvalidPreset) as caught:
        PresetFolders(None, None).inline(config)
    assert [mistake.path for mistake in caught.value.mistakes] == ["documents[0]", "generation.instructions"]


@pytest.mark.parametrize("name", ["../secret.md", "/etc/hostname", "link.md", "../*.md", "**/../../secret.md"])
def test_no_path_leads_out_of_the_documents_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (tmp_path / "secret.md").write_text("secret")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(InvalidPreset):
        PresetFolders(None, folder).inline({"documents": [name]})


def test_a_path_below_the_documents_folder_is_read(tmp_path: Path) -> None:
    a_folder(tmp_path)
    inlined = PresetFolders(None, tmp_path).inline({"documents": ["docs/a.md"]})
    assert inlined["documents"] == [{"id": "a", "text": "text ä"}]


def test_your_own_presets_come_before_the_built_in_ones(tmp_path: Path) -> None:
    a_folder(tmp_path)
    (tmp_path / "demo.yaml").write_text(PRESET)
    presets = PresetFolders(tmp_path, None)
    assert set(presets.names()) >= {"demo", "mine"}
    assert not presets.is_built_in("demo")
    assert PresetFolders(None, None).is_built_in("demo")


@pytest.mark.parametrize("name", ["nothing", "../demo", "demo.yaml", "", "a/b"])
def test_a_name_that_is_none_is_refused_with_those_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownPresetError, match="demo"):
        PresetFolders(tmp_path, None).read(name)


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_built_in_preset_is_whole_and_needs_nothing(path: Path) -> None:
    preset = check_preset(read_preset(path), no_list)
    plan = make_plan(preset)
    assert 0 < plan.planned_calls <= 60
    assert {model.provider for _, model in preset.models()} == {"local"}


def test_a_pattern_that_would_be_walked_for_ever_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidPreset) as caught:
        inline_files({"documents": ["**/**/*.md"]}, tmp_path)
    assert "may have ** once" in caught.value.mistakes[0].message


def test_a_pattern_looks_at_so_many_files_and_folders_and_no_more(tmp_path: Path) -> None:
    a_folder(tmp_path)
    (tmp_path / "docs" / "more").mkdir()
    (tmp_path / "docs" / "more" / "c.md").write_text("text c")
    (tmp_path / "loop").symlink_to(tmp_path)
    places = Places(roots=(tmp_path,))
    for pattern, names in {
        "docs/*.md": "ab",
        "**/*.md": ["a", "b", "c", "generate"],
        "do?s/*/[ac].md": "c",
        "*/b.md": "b",
        "./docs/**/c.md": "c",
        "loop/docs/*.md": "ab",
    }.items():
        enough = References(places, Room(most_entries=20)).inline({"documents": [pattern]})
        assert [item["id"] for item in enough["documents"]] == list(names), pattern
        assert sorted(map(str, tmp_path.glob(pattern))) == sorted(map(str, matching_files(tmp_path, pattern, Looked())))
    too_few = References(places, Room(most_entries=5))
    too_few.inline({"documents": ["docs/*.md", "**/*.md"]})
    assert [mistake.path for mistake in too_few.mistakes] == ["documents[1]"]
    assert "name the folder they lie in" in too_few.mistakes[0].message
