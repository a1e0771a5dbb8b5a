"""Programs the page tests need. Missing, they are a failure in CI and a skip that says so anywhere else."""

import os
import shutil

import pytest


def program(name: str) -> str:
    """The program's path; without it the test fails where ``CI=true``, and is skipped with the reason elsewhere."""
    path = shutil.which(name)
    if path is not None:
        return path
    reason = f"{name} is not installed: the web pages are NOT tested here"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
