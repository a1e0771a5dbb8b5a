"""A ledger of the first version is opened, brought to this one, and its runs go on."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from services.executor.adapters.ledger.database import LedgerUnusableError, open_database
from services.executor.adapters.ledger.schema import ATTEMPTS, CALLS, CHOICES, METADATA, PAIRS, SCHEMA_VERSION
from tests.executor.engine import engine, of_type
from tests.executor.fakes import FakeWorkers
from tests.executor.lives import left_behind, started_again

NAME = "ledger.sqlite3"
ADDED_LATER = {CALLS.name: ["shown"], ATTEMPTS.name: ["prompt"]}


def as_of_version_1(path: Path) -> None:
    """Take out of a ledger of today what the first version did not have."""
    connection = sqlite3.connect(path)
    for table, columns in ADDED_LATER.items():
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        for column in there.intersection(columns):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in (PAIRS.name, CHOICES.name):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("PRAGMA user_version=1")
    connection.commit()
    connection.close()


def shape(path: Path) -> dict[str, list[tuple[str, str, int, int]]]:
    """Every table's columns: name, type, whether it may be empty, its place in the key."""
    connection = sqlite3.connect(path)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted((row[1], row[2], row[3], row[5]) for row in connection.execute(f"PRAGMA table_info({name})"))
            for name in tables
            if name != "alembic_version"
        }
    finally:
        connection.close()


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return found
    finally:
        connection.close()


async def test_a_run_of_an_older_ledger_goes_on(tmp_path: Path) -> None:
    await left_behind(tmp_path)
    as_of_version_1(tmp_path / NAME)
    async with engine(tmp_path, FakeWorkers()) as here:
        await started_again(here)
        await here.ended()
        events = await here.events()
        assert await here.reader.pairs("run-1") == []
        assert await here.reader.choices("run-1") == []
    assert of_type(events, "run_finished")[0]["status"] == "completed"
    assert version(tmp_path / NAME) == SCHEMA_VERSION


async def test_a_migrated_ledger_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    for name in ("new", "old"):
        engine_ = create_engine(f"sqlite:///{tmp_path / name}")
        METADATA.create_all(engine_)
        engine_.dispose()
    as_of_version_1(tmp_path / "old")
    assert shape(tmp_path / "old") != shape(tmp_path / "new")
    async with open_database(tmp_path / "old"):
        pass
    assert shape(tmp_path / "old") == shape(tmp_path / "new")
    async with open_database(tmp_path / "old"):
        pass


async def test_a_migration_that_breaks_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    async with open_database(tmp_path / NAME):
        pass
    as_of_version_1(tmp_path / NAME)
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("CREATE TABLE choices (somebody TEXT)")
    connection.commit()
    connection.close()
    before = shape(tmp_path / NAME)
    with pytest.raises(LedgerUnusableError, match="choices"):
        async with open_database(tmp_path / NAME):
            pass
    assert shape(tmp_path / NAME) == before
    assert version(tmp_path / NAME) == 1


async def test_a_ledger_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    async with open_database(tmp_path / NAME):
        pass
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(LedgerUnusableError, match=f"version {SCHEMA_VERSION + 1}"):
        async with open_database(tmp_path / NAME):
            pass
