"""PRESET and ``--set`` as they are typed, and what is sent for them."""

from pathlib import Path

import pytest

from services.cli.errors import WrongUsage
from services.cli.presets.preset_input import looks_like_path, question


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.md").write_text("The first document.")
    (tmp_path / "mine.yaml").write_text(
        "documents: [docs/*.md]\nsingle_eval:\n  criteria: [Relevance]\n  judges: [{provider: local, model: m}]\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_is_sent_as_a_name_with_its_changes() -> None:
    assert question("demo", {}) == {"preset": "demo"}
    assert question("demo", {"name": "x"}) == {"preset": "demo", "overrides": {"name": "x"}}


def test_a_name_stays_a_name_where_a_folder_is_called_so(here: Path) -> None:
    (here / "demo").mkdir()
    assert question("demo", {}) == {"preset": "demo"}


@pytest.mark.parametrize("preset", ["./demo", "a/b", "mine.yaml", "mine.yml", "mine.json", "~/mine"])
def test_a_slash_or_an_ending_makes_it_a_path(preset: str) -> None:
    assert looks_like_path(preset)


def test_a_file_is_sent_with_its_documents_in_it(here: Path) -> None:
    config = question("mine.yaml", {"limits": {"concurrency": 2}})["config"]
    assert config["name"] == "mine"
    assert config["documents"] == [{"id": "one", "text": "The first document."}]
    assert config["limits"] == {"concurrency": 2}


def test_files_a_change_names_are_looked_for_where_it_was_typed(here: Path) -> None:
    (here / "other.md").write_text("Another one.")
    documents = [{"id": "other", "text": "Another one."}]
    assert question("mine.yaml", {"documents": ["other.md"]})["config"]["documents"] == documents
    assert question("demo", {"documents": ["other.md"]})["overrides"]["documents"] == documents


def test_a_file_that_is_not_there_is_said_with_what_a_preset_is(here: Path) -> None:
    with pytest.raises(WrongUsage, match="acm2 presets"):
        question("yours.yaml", {})


def test_all_mistakes_of_a_file_come_at_once(here: Path) -> None:
    (here / "mine.yaml").write_text("documents: [no/*.md, gone.md]\n")
    with pytest.raises(WrongUsage) as caught:
        question("mine.yaml", {})
    assert "documents[0]" in str(caught.value)
    assert "gone.md" in str(caught.value)
