"""Where GPT Researcher is installed, and what its program is started with."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.executor.core.presets.researcher import PYTHON_VARIABLE

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = ROOT / "researcher" / "__main__.py"
PYTHON = ROOT / ".venv-gpt-researcher" / "bin" / "python"
"""Where ``make gpt-researcher`` puts it."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT")


def find_python(named: Path | None) -> Path | None:
    """The Python to start it with: the one that was named, or our own; None where that cannot be run."""
    python = PYTHON if named is None else named
    return python if python.is_file() and os.access(python, os.X_OK) else None


class KnownEnvironment(Mapping[str, str]):
    """The executor's environment, in which ``ACM2_GPT_RESEARCHER_PYTHON`` is there when its Python can be run.

    Looked at anew each time: who is told that it is missing can make it, and goes on.
    """

    def __init__(self, environ: Mapping[str, str], *, named: Path | None) -> None:
        self._environ = environ
        self._named = named

    def __getitem__(self, name: str) -> str:
        if name != PYTHON_VARIABLE:
            return self._environ[name]
        python = find_python(self._named)
        if python is None:
            raise KeyError(name)
        return str(python)

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)

    def researcher(self) -> tuple[str, ...] | None:
        """How GPT Researcher's program is started; None where it is not installed."""
        python = find_python(self._named)
        return None if python is None else command_of(python)


def command_of(python: Path) -> tuple[str, ...]:
    """Its program in that environment, with nothing of the user's Python settings and folders."""
    return (str(python), "-I", "-X", "utf8", str(PROGRAM))


def surroundings(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """A process's whole environment: no key, no address, and a home that goes away with the research."""
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
