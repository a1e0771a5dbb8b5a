"""What an image installs: a wheel with every file the code reads, and nothing that is only for us."""

import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ["shared", "fpf", "services", "researcher"]
INFO = f"acm2-{metadata.version('acm2')}.dist-info"
NOT_CODE = ("Dockerfile",)


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_every_file_of_the_packages_is_in_it(contents: set[str]) -> None:
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    wanted = {name for name in listed.splitlines() if (ROOT / name).exists()}
    assert wanted
    assert not {name for name in wanted - contents if not Path(name).name.startswith(NOT_CODE)}


def test_nothing_else_is(contents: set[str]) -> None:
    assert {name.split("/")[0] for name in contents} == {*PACKAGES, INFO}
    assert not [name for name in contents if "__pycache__" in name]


def test_both_commands_come_with_it(contents: set[str]) -> None:
    assert f"{INFO}/entry_points.txt" in contents
