"""Presets as the command line sees them before an executor does: variants, the library, the data folder."""

import os
from pathlib import Path

import pytest

from services.cli.errors import WrongUsage
from services.cli.presets.local_presets import local_presets
from services.cli.presets.preset_input import question

JUDGED = "single_eval: {criteria: [Clarity], judges: [{provider: local, model: smollm2-135m}]}\n"


def test_a_variant_of_a_file_beside_it_is_sent_whole(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("documents: [{id: a, text: A}]\nseed: 3\n" + JUDGED)
    (tmp_path / "mine.yaml").write_text("extends: base\nlimits: {concurrency: 1}\n")
    config = question(str(tmp_path / "mine.yaml"), {"seed": None})["config"]
    assert set(config) == {"name", "documents", "single_eval", "limits"}


def test_a_variant_of_a_preset_the_executor_has_keeps_what_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: theirs\npairwise_eval: null\n")
    config = question(str(tmp_path / "mine.yaml"), {"combine": None})["config"]
    assert config == {"name": "mine", "extends": "theirs", "pairwise_eval": None, "combine": None}


def test_all_mistakes_of_a_variant_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: ./none.yaml\nlimts: {}\ncombine: {instructions: gone.md}\n")
    with pytest.raises(WrongUsage) as caught:
        question(str(tmp_path / "mine.yaml"), {})
    assert all(said in str(caught.value) for said in ("none.yaml", "did you mean limits?", "gone.md"))


def test_presets_and_library_of_the_data_folder_are_seen(tmp_path: Path) -> None:
    (tmp_path / "library" / "documents").mkdir(parents=True)
    (tmp_path / "presets").mkdir()
    (tmp_path / "library" / "documents" / "letter.md").write_text("Dear all.")
    (tmp_path / "presets" / "kept.yaml").write_text("documents: ['library:letter']\n" + JUDGED)
    seen = {item["name"]: item for item in local_presets({**os.environ, "ACM2_DATA_DIR": str(tmp_path)})}
    assert seen["kept"] == {"name": "kept", "missing": [], "mistakes": []}
    assert seen["demo"]["mistakes"] == []
