"""The table of failure modes is true: every row names a test, and every test it names exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "failure-modes.md"
NAMED = re.compile(r"`(tests/[\w/.-]+?)::([^`]+)`")
ROW = re.compile(r"^\| (?!what breaks|---|#)(.+) \|$", re.MULTILINE)


def rows() -> list[str]:
    return ROW.findall(PAGE.read_text())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split(" | ")[0][:60])
def test_every_failure_mode_has_a_test_that_exists(row: str) -> None:
    named = NAMED.findall(row)
    assert named, f"no test is named for: {row}"
    for path, name in named:
        source = (ROOT / path).read_text()
        told = f'test("{name}"' if path.endswith(".mjs") else f"def {name}("
        assert told in source, f"{path} has no {name}"


def test_all_forty_failure_modes_of_the_system_before_are_there() -> None:
    numbers = [int(number) for number in re.findall(r"^\| F(\d+) \|", PAGE.read_text(), re.MULTILINE)]
    assert numbers == list(range(1, 41))
