"""The locked requirements: by version and hash, and the same versions wherever they are used."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = ("runtime", "dev", "build")


def pinned(lock: str) -> dict[str, str]:
    """Each package with its version; fails for one without a hash."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements" / f"{lock}.txt").read_text())
    found = {}
    for entry in entries:
        if entry.startswith("#"):
            continue
        match = re.match(r"([a-z0-9.-]+)==(\S+)", entry)
        assert match, entry
        assert "--hash=sha256:" in entry, entry
        found[match[1]] = match[2]
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>= ;]", requirement)[0].lower() for requirement in requirements}


@pytest.mark.parametrize("lock", ["runtime", "build"])
def test_development_has_the_very_versions_that_run(lock: str) -> None:
    dev = pinned("dev")
    assert {name: dev.get(name) for name in pinned(lock)} == pinned(lock)


def test_everything_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert names(project["project"]["dependencies"]) <= set(pinned("runtime"))
    assert names(project["dependency-groups"]["dev"]) <= set(pinned("dev"))
    assert names(project["build-system"]["requires"]) <= set(pinned("build"))


def test_what_only_brings_a_compiler_run_stays_away() -> None:
    for lock in LOCKS:
        assert not {"llama-cpp-python", "llm-gguf", "llm"} & set(pinned(lock))
