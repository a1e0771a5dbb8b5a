"""``make`` on a clone: what it installs, from what, and that a second call does not do it again."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PYTHON = """#!/bin/sh
echo "python $*" >> "$LOG"
"""
TOOL = """#!/bin/sh
echo "${0##*/} $*" >> "$LOG"
exit ${FAIL:-0}
"""


class Clone:
    """A clone whose ``.venv`` holds programs that only take note of being called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "log"
        for name in ("Makefile", "pyproject.toml", "requirements", ".ci"):
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
        (folder / ".venv" / "bin").mkdir(parents=True)
        for name in ("acm2", "ruff", "mypy", "lint-imports"):
            self.program(name, TOOL)
        self.program("python", PYTHON)

    def program(self, name: str, text: str) -> None:
        path = self._folder / ".venv" / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def make(self, *arguments: str, **environment: str) -> tuple[int, list[str]]:
        """The exit code, and the calls it made."""
        self._log.write_text("")
        env = {"PATH": os.environ["PATH"], "LOG": str(self._log), **environment}
        done = subprocess.run(["make", *arguments], cwd=self._folder, env=env, check=False, capture_output=True)
        return done.returncode, [line.strip() for line in self._log.read_text().splitlines()]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def installs(calls: list[str]) -> list[str]:
    return [call for call in calls if " install " in call]


def test_the_demo_installs_only_what_runs_by_version_and_hash(clone: Clone) -> None:
    _, calls = clone.make("demo")
    first, second = installs(calls)
    assert "--no-deps --require-hashes -r requirements/runtime.txt -r requirements/build.txt" in first
    assert second.endswith("install --no-deps --no-build-isolation -e .")
    assert calls[-1] == "acm2 demo"


def test_the_tests_install_everything_then_check_then_test(clone: Clone) -> None:
    code, calls = clone.make("test", "ARGS=-k name")
    assert code == 0
    assert "--no-deps --require-hashes -r requirements/dev.txt" in installs(calls)[0]
    rest = [call for call in calls if " install " not in call]
    assert [call.split()[0] for call in rest] == ["ruff", "ruff", "mypy", "lint-imports", "python", "python"]
    assert rest[-2].startswith("python -m pytest ")
    assert rest[-2].endswith(" -k name")


def test_a_second_call_installs_nothing(clone: Clone) -> None:
    assert installs(clone.make("demo")[1])
    assert not installs(clone.make("demo")[1])
    assert installs(clone.make("test")[1])
    assert not installs(clone.make("test")[1])
    assert not installs(clone.make("demo")[1])


def test_what_development_has_is_enough_for_the_demo(clone: Clone) -> None:
    clone.make("setup")
    assert clone.make("demo")[1] == ["acm2 demo"]


def test_a_failed_check_ends_it_and_a_failed_test_is_the_exit_code(clone: Clone) -> None:
    code, calls = clone.make("test", FAIL="1")
    assert code != 0
    assert not [call for call in calls if "pytest" in call]
    clone.program("python", PYTHON + 'case "$*" in *pytest*) exit 1;; esac\n')
    assert clone.make("test")[0] != 0


def test_a_proof_that_did_not_run_is_a_failure_where_the_script_says_so(clone: Clone) -> None:
    clone.program("python", PYTHON + 'case "$*" in *proofs*) exit 1;; esac\n')
    assert clone.make("test")[0] != 0


def python_that_says(folder: Path, name: str, version: str, *, whole: bool = True) -> None:
    """A program that answers the questions ``.ci/make-venv`` asks a Python."""
    major, minor = version.split(".")
    new_enough = int(minor) >= 11 and int(major) == 3
    path = folder / name
    path.write_text(
        f"""#!/bin/sh
case "$*" in
  *print*) echo {version} ;;
  *ensurepip*) exit {0 if new_enough and whole else 1} ;;
  *version_info*) exit {0 if new_enough else 1} ;;
  *"-m venv"*) echo "made by {name}" ;;
esac
"""
    )
    path.chmod(0o755)


def make_venv(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{folder}:/nowhere"}
    command = ["/bin/sh", str(ROOT / ".ci" / "make-venv"), *arguments]
    (folder / "rm").write_text("#!/bin/sh\n")
    (folder / "rm").chmod(0o755)
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)


def test_the_first_python_that_is_new_enough_makes_the_environment(tmp_path: Path) -> None:
    python_that_says(tmp_path, "python3", "3.9")
    python_that_says(tmp_path, "python3.12", "3.12")
    assert "made by python3.12" in make_venv(tmp_path).stdout


def test_a_python_that_is_named_is_the_one(tmp_path: Path) -> None:
    python_that_says(tmp_path, "python3", "3.13")
    python_that_says(tmp_path, "mine", "3.11")
    assert "made by mine" in make_venv(tmp_path, "mine").stdout


def test_without_one_it_says_what_there_is_and_what_is_missing(tmp_path: Path) -> None:
    assert "None was found" in make_venv(tmp_path).stderr
    python_that_says(tmp_path, "python3", "3.9")
    python_that_says(tmp_path, "python3.11", "3.11", whole=False)
    done = make_venv(tmp_path)
    assert done.returncode != 0
    assert "python3 is 3.9" in done.stderr
    assert "apt-get install python3.11-venv" in done.stderr
