"""Proofs that need something from the system say so loudly where it is missing, and fail where nothing may be missing."""

import os
import shutil
from pathlib import Path

import pytest

INSTALL = {
    "chromium": "chromium",
    "nginx": "nginx",
    "node": "nodejs",
    "curl": "curl",
    "eventsource": "node-eventsource",
}
"""The program or module of node, and Debian's package that has it."""

OPTIONAL = {"gpt-researcher": "make gpt-researcher"}
"""What may be missing everywhere, and the command that makes it: its own package is large, and its stand-in proves ours."""

RESEARCHER_PYTHON = Path(__file__).resolve().parent.parent / ".venv-gpt-researcher" / "bin" / "python"
"""Where ``make gpt-researcher`` puts it."""

NODE_MODULES = Path(os.environ.get("NODE_PATH", "/usr/share/nodejs"))
"""Where node finds modules; the default is where Debian's packages put them."""


def is_there(name: str) -> bool:
    """Whether a program can be called, or a module of node is installed."""
    if name == "gpt-researcher":
        return RESEARCHER_PYTHON.is_file()
    return shutil.which(name) is not None or (NODE_MODULES / name).is_dir()


def needs(program: str, proof: str) -> None:
    """Go on only if the program is there; with ``CI=true`` its absence is a failure, elsewhere it is said at the end."""
    if is_there(program):
        return
    message = f"NOT PROVEN: {proof} ({program} is missing: install {INSTALL[program]})"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def wants(name: str, proof: str) -> None:
    """Go on only if this optional thing is there; its absence is said at the end and fails nothing."""
    if not is_there(name):
        pytest.skip(f"NOT PROVEN: {proof} ({name} is missing: {OPTIONAL[name]})")
