"""One service for all claims that need no service of their own; every claim has a run of its own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telemetry.server import Server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def telemetry(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("telemetry"))
    server.start()
    yield server
    assert server.metric("acm2_faults_total") == 0, server.errors
    server.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A service that may be stopped and started."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.close()


@pytest.fixture
def run() -> str:
    return f"run-{next(_numbers)}"
