"""A run of its own for every claim."""

import itertools

import pytest

_numbers = itertools.count(1)


@pytest.fixture
def run() -> str:
    return f"poison-{next(_numbers)}"
