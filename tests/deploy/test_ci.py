"""What CI runs: the programs the proofs need are installed, and a missing one is never overlooked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proofs import INSTALL

ROOT = Path(__file__).parent.parent.parent
REAL = ("bash", "dirname", "id", "grep", "env", "cat")
APT = """#!/bin/sh
echo "apt-get $*" >> "$LOG"
case "$*" in *install*) [ -e "$LOG.failed" ] || { touch "$LOG.failed"; exit 100; } ;; esac
"""
NOTES = """#!/bin/sh
echo "${0##*/} $* CI=$CI" >> "$LOG"
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs as on a machine that has nothing the proofs need."""
    for name in (*REAL, "touch"):
        (tmp_path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    for name, text in (("apt-get", APT), ("make", NOTES), ("sleep", NOTES), ("ldconfig", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_what_is_missing_is_installed_and_a_failed_install_is_tried_again(bare: Path) -> None:
    log = bare / "log"
    env = {"PATH": str(bare), "LOG": str(log)}
    done = subprocess.run(["bash", str(ROOT / ".ci" / "run")], env=env, check=False, capture_output=True, text=True)
    calls = log.read_text().splitlines()
    assert done.returncode == 0, done.stderr
    wanted = [call for call in calls if call.startswith("apt-get install")]
    assert len(wanted) == 2
    assert set(wanted[0].split()) >= {"chromium", "nginx-light", "nodejs", "curl", "libgomp1"}
    assert calls[-1] == "make test CI=true"


def test_where_everything_is_there_nothing_is_installed(bare: Path) -> None:
    for name in INSTALL:
        (bare / name).write_text("#!/bin/sh\n")
        (bare / name).chmod(0o755)
    (bare / "ldconfig").write_text("#!/bin/sh\necho libgomp.so.1\n")
    log = bare / "log"
    subprocess.run(["bash", str(ROOT / ".ci" / "run")], env={"PATH": str(bare), "LOG": str(log)}, check=True)
    assert log.read_text().splitlines() == ["make test CI=true"]


def proofs(path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / ".ci" / "proofs.py")]
    env = {**os.environ, "PATH": path, "NODE_PATH": path, "CI": "", **environment}
    return subprocess.run(command, env=env, check=False, capture_output=True, text=True)


def test_proofs_that_did_not_run_are_listed_and_are_a_failure_in_ci(tmp_path: Path) -> None:
    done = proofs(str(tmp_path))
    assert done.returncode == 0
    for program, package in INSTALL.items():
        assert program in done.stderr
        assert package in done.stderr
    assert proofs(str(tmp_path), CI="true").returncode == 1


def test_where_every_program_is_there_only_what_is_optional_may_be_named(tmp_path: Path) -> None:
    for name in INSTALL:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    done = proofs(str(tmp_path), CI="true")
    assert done.returncode == 0
    assert "proofs that need" not in done.stderr
