"""Proofs that need something from the system say so loudly where it is missing, and fail where nothing may be missing."""

import os
import shutil

import pytest

INSTALL = {"chromium": "chromium", "nginx": "nginx", "node": "nodejs", "curl": "curl"}
"""The program, and Debian's package that has it."""


def needs(program: str, proof: str) -> None:
    """Go on only if the program is there; with ``CI=true`` its absence is a failure, elsewhere it is said at the end."""
    if shutil.which(program):
        return
    message = f"NOT PROVEN: {proof} ({program} is missing: install {INSTALL[program]})"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
