"""The answer's file is there whole, or as it was before."""

import os
import stat
from pathlib import Path

import pytest

from fpf.output_file import check_output, write_output
from fpf.usage_mistake import UsageMistake


def test_a_file_is_replaced_in_one_step_with_the_usual_rights(tmp_path: Path) -> None:
    out = tmp_path / "a.md"
    out.write_text("before", encoding="utf-8")
    write_output(out, "äfter")
    assert out.read_bytes() == "äfter".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(out.stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("before", encoding="utf-8")
    link = tmp_path / "link.md"
    link.symlink_to("real.md")
    write_output(link, "after")
    assert link.is_symlink()
    assert (tmp_path / "real.md").read_text(encoding="utf-8") == "after"


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "a.md"
    out.write_text("before", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        write_output(out, "\ud800")
    assert out.read_text(encoding="utf-8") == "before"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", ["", "gone/a.md", "a-device"])
def test_a_place_that_cannot_be_written_is_known_before_anything_is_paid(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-device").symlink_to("/dev/null")
    with pytest.raises(UsageMistake, match="--out"):
        check_output(tmp_path / name)
