"""The log in SQLite: all or nothing, also when the disk is full."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.telemetry.adapters.event_store_sqlite import SqliteEventStore
from services.telemetry.errors import StoreError, StoreFull, StoreUnusable
from services.telemetry.flows.ports import Batch, Deletion, Rejection, Summary


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteEventStore]:
    store = SqliteEventStore(tmp_path / "log")
    yield store
    store.close()


def batch(run: str, first: int, *lines: bytes) -> Batch:
    return Batch(run, "k", "producer", first, list(lines))


def rejection(run: str, n: int) -> Rejection:
    return Rejection(run, n, 0, "invalid-event", "type", "required", "now", "{}")


def test_lines_come_back_in_order_from_any_place(store: SqliteEventStore) -> None:
    store.write([batch("a", 1, b"1", b"2", b"3"), batch("b", 1, b"x")], [])
    store.write([batch("a", 4, b"4")], [])
    assert store.lines("a", after=0, limit_bytes=100) == [b"1", b"2", b"3", b"4"]
    assert store.lines("a", after=2, limit_bytes=100) == [b"3", b"4"]
    assert store.lines("a", after=4, limit_bytes=100) == []
    assert store.lines("nobody", after=0, limit_bytes=100) == []


class LyingConnection:
    """Commits, and says that it could not."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.lies = 1
        self.in_transaction = False

    def execute(self, text: str, parameters: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        found = self._connection.execute(text, parameters)
        if text == "COMMIT" and self.lies:
            self.lies -= 1
            raise sqlite3.OperationalError("disk I/O error")
        return found

    def close(self) -> None:
        self._connection.close()


@pytest.mark.parametrize("refused", [1, 3])
def test_a_commit_that_was_refused_and_happened_all_the_same_leaves_nothing_behind(
    store: SqliteEventStore, refused: int
) -> None:
    if refused > 1:
        store.write([batch("a", 1, b"1", b"2")], [])
    store._open_writer = LyingConnection(store._writer)  # type: ignore[assignment]
    with pytest.raises(StoreError):
        store.write([batch("a", refused, b"refused", b"refused too"), batch("b", 1, b"refused")], [])
    store.write([batch("a", refused, b"other")], [])
    store.write([batch("a", refused + 1, b"more")], [])
    kept = [b"1", b"2"][: refused - 1]
    assert store.lines("a", after=0, limit_bytes=100) == [*kept, b"other", b"more"]
    store.write([batch("b", 1, b"other")], [])
    assert store.lines("b", after=0, limit_bytes=100) == [b"other"]


def test_a_page_ends_near_its_bytes_and_has_one_line_at_least(store: SqliteEventStore) -> None:
    store.write([batch("a", 1, *[b"x" * 10] * 10)], [])
    assert len(store.lines("a", after=0, limit_bytes=35)) == 4
    assert len(store.lines("a", after=0, limit_bytes=1)) == 1


def test_what_fails_half_way_leaves_nothing(store: SqliteEventStore) -> None:
    store.write([batch("a", 1, b"1")], [])
    with pytest.raises(Exception, match="UNIQUE"):
        store.write([batch("b", 1, b"1"), batch("a", 1, b"again")], [])
    assert store.about("b").epoch is None
    store.write([batch("b", 1, b"1")], [])
    assert store.lines("b", after=0, limit_bytes=10) == [b"1"]


def test_a_full_disk_is_said_to_be_full_and_reading_goes_on(store: SqliteEventStore) -> None:
    store.write([batch("a", 1, b"1")], [])
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreFull):
        store.write([batch("a", 2, b"x" * 100_000)], [])
    assert store.lines("a", after=0, limit_bytes=10) == [b"1"]
    store._writer.execute("PRAGMA max_page_count = 1000000")
    store.write([batch("a", 2, b"2")], [])
    assert store.lines("a", after=1, limit_bytes=10) == [b"2"]


def test_everything_is_there_after_the_file_is_opened_again(store: SqliteEventStore, tmp_path: Path) -> None:
    store.write([batch("a", 1, b"1")], [rejection("a", 1), rejection("b", 1), Summary("a", 1, b"{}")])
    again = SqliteEventStore(tmp_path / "log")
    about = again.about("a")
    assert (about.epoch, about.by, about.rejected, about.deleted) == ("k", "producer", 1, False)
    assert again.about("b").rejected == 1
    [row] = again.runs(limit=10, before=None)
    assert (row.run_id, row.high, row.facts_seq, row.facts) == ("a", 1, 1, b"{}")
    again.close()


def test_an_older_summary_never_replaces_a_newer_one(store: SqliteEventStore) -> None:
    store.write([batch("a", 1, b"1", b"2")], [Summary("a", 2, b"new")])
    store.write([], [Summary("a", 1, b"old")])
    assert store.runs(limit=1, before=None)[0].facts == b"new"


def test_a_deleted_run_leaves_its_name_only(store: SqliteEventStore) -> None:
    store.write([batch("a", 1, b"1")], [rejection("a", 1)])
    store.write([], [Deletion("a", "now")])
    assert store.about("a").deleted
    assert store.rejections("a") == []
    assert store.runs(limit=10, before=None) == []
    assert store._writer.execute("SELECT count(*) FROM batches").fetchone() == (0,)


def test_a_log_of_another_version_is_not_opened(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "log")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreUnusable, match="99"):
        SqliteEventStore(tmp_path / "log")
