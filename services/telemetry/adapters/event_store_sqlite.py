"""The log in SQLite: WAL, every commit synced, one row for each run's part of a group.

One connection writes, from one thread at a time; readers have connections of their own and never wait for it.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

from services.telemetry.adapters.schema import SCHEMA, VERSION
from services.telemetry.errors import StoreError, StoreFull, StoreUnusable
from services.telemetry.flows.ports import About, Batch, Deletion, Listed, Rejection, Summary, Write

KEPT_REJECTIONS = 100
"""Refused events kept for a run, the newest."""
KEPT_REJECTED_RUNS = 10_000
"""Runs that never began whose refused events are kept."""
_KNOWN_RUNS = 10_000
_BUSY_S = 5.0
_CHECKPOINT_PAGES = 1000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024


class SqliteEventStore:
    """An ``EventStore`` in one file."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises ``StoreUnusable`` for one of another version."""
        self._path = path
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        try:
            self._writer = self._connect()
            version: int = self._writer.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._writer.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise StoreUnusable(f"{path} cannot be used: {error}") from error
        if version not in {0, VERSION}:
            raise StoreUnusable(f"{path} was written by another version ({version}; this one reads {VERSION})")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        return connection

    def close(self) -> None:
        """Let go of the files."""
        while True:
            try:
                self._readers.get_nowait().close()
            except Empty:
                break
        self._writer.close()

    def write(self, batches: Sequence[Batch], others: Sequence[Write]) -> None:
        """Keep all of it, so that it outlives a power loss, or nothing."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for batch in batches:
                self._append(batch)
            for item in others:
                self._write_other(item)
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise _translated(error) from error

    def _undo(self) -> None:
        # Numbers of runs that were made in the lost transaction must not be remembered.
        self._numbers.clear()
        if self._writer.in_transaction:
            try:
                self._writer.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise _translated(error) from error

    def _append(self, batch: Batch) -> None:
        if batch.first == 1:
            made = self._writer.execute(
                "INSERT INTO runs (run_id, epoch, numbered_by) VALUES (?, ?, ?)", (batch.run_id, batch.epoch, batch.by)
            )
            number = made.lastrowid
            assert number is not None
            self._remember(batch.run_id, number)
        else:
            number = self._number(batch.run_id)
        self._writer.execute(
            "INSERT INTO batches (run, last_seq, first_seq, lines) VALUES (?, ?, ?, ?)",
            (number, batch.first + len(batch.lines) - 1, batch.first, b"\n".join(batch.lines)),
        )

    def _number(self, run_id: str) -> int:
        number = self._numbers.get(run_id)
        if number is None:
            row = self._writer.execute("SELECT number FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is None:
                raise sqlite3.IntegrityError(f"run {run_id} is not there")
            number = int(row[0])
            self._remember(run_id, number)
        return number

    def _remember(self, run_id: str, number: int) -> None:
        self._numbers[run_id] = number
        if len(self._numbers) > _KNOWN_RUNS:
            self._numbers.popitem(last=False)

    def _write_other(self, item: Write) -> None:
        match item:
            case Summary():
                self._writer.execute(
                    "UPDATE runs SET facts = ?, facts_seq = ? WHERE run_id = ? AND facts_seq <= ?",
                    (item.facts, item.seq, item.run_id, item.seq),
                )
            case Rejection():
                self._reject(item)
            case Deletion():
                self._delete(item)

    def _reject(self, item: Rejection) -> None:
        self._writer.execute(
            "INSERT INTO rejected_runs (run_id, total) VALUES (?, ?)"
            " ON CONFLICT (run_id) DO UPDATE SET total = max(total, excluded.total)",
            (item.run_id, item.n),
        )
        self._writer.execute(
            "INSERT OR REPLACE INTO rejections (run_id, n, position, reason, path, message, time, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (item.run_id, item.n, item.index, item.reason, item.path, item.message, item.time, item.text),
        )
        self._writer.execute(
            "DELETE FROM rejections WHERE run_id = ? AND n <= ?", (item.run_id, item.n - KEPT_REJECTIONS)
        )
        if item.n == 1:
            self._bound_rejected_runs()

    def _bound_rejected_runs(self) -> None:
        """Forget the oldest runs that never began, beyond the bound."""
        rows = self._writer.execute(
            "SELECT run_id FROM rejected_runs WHERE run_id NOT IN (SELECT run_id FROM runs)"
            " ORDER BY rowid DESC LIMIT -1 OFFSET ?",
            (KEPT_REJECTED_RUNS,),
        ).fetchall()
        for row in rows:
            self._writer.execute("DELETE FROM rejections WHERE run_id = ?", row)
            self._writer.execute("DELETE FROM rejected_runs WHERE run_id = ?", row)

    def _delete(self, item: Deletion) -> None:
        number = self._number(item.run_id)
        self._numbers.pop(item.run_id, None)
        self._writer.execute("DELETE FROM batches WHERE run = ?", (number,))
        for table in ("runs", "rejections", "rejected_runs"):
            self._writer.execute(f"DELETE FROM {table} WHERE run_id = ?", (item.run_id,))
        self._writer.execute("INSERT INTO deleted (run_id, time) VALUES (?, ?)", (item.run_id, item.time))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            try:
                reader = self._readers.get_nowait()
            except Empty:
                reader = self._connect()
            yield reader
        except sqlite3.Error as error:
            raise _translated(error) from error
        self._readers.put(reader)

    def lines(self, run_id: str, *, after: int, limit_bytes: int) -> list[bytes]:
        """The lines after this seq, at least one if there is one, not many more bytes than asked for."""
        found: list[bytes] = []
        size = 0
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT first_seq, lines FROM batches WHERE last_seq > ? AND run ="
                " (SELECT number FROM runs WHERE run_id = ?) ORDER BY last_seq",
                (after, run_id),
            )
            for first, blob in rows:
                for seq, line in enumerate(blob.split(b"\n"), first):
                    if seq > after and (size < limit_bytes or not found):
                        found.append(line)
                        size += len(line)
                if size >= limit_bytes:
                    rows.close()
                    break
        return found

    def about(self, run_id: str) -> About:
        """What is known of the run."""
        with self._reading() as reader:
            if reader.execute("SELECT 1 FROM deleted WHERE run_id = ?", (run_id,)).fetchone():
                return About(deleted=True)
            about = About()
            row = reader.execute("SELECT epoch, numbered_by FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is not None:
                about.epoch, about.by = row
            total = reader.execute("SELECT total FROM rejected_runs WHERE run_id = ?", (run_id,)).fetchone()
            about.rejected = total[0] if total else 0
        return about

    def rejections(self, run_id: str) -> list[Rejection]:
        """The newest refused events of a run, newest first."""
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT run_id, n, position, reason, path, message, time, text FROM rejections"
                " WHERE run_id = ? ORDER BY n DESC",
                (run_id,),
            ).fetchall()
        return [Rejection(*row) for row in rows]

    def runs(self, *, limit: int, before: str | None) -> list[Listed]:
        """Runs, the youngest first; ``before``: only those older than this one."""
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT run_id, coalesce((SELECT max(last_seq) FROM batches WHERE run = number), 0), facts_seq, facts"
                " FROM runs WHERE ? IS NULL OR number < (SELECT number FROM runs WHERE run_id = ?)"
                " ORDER BY number DESC LIMIT ?",
                (before, before, limit),
            ).fetchall()
        return [Listed(*row) for row in rows]


def _translated(error: sqlite3.Error) -> StoreError:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return StoreFull("the disk is full")
    return StoreError(str(error))
