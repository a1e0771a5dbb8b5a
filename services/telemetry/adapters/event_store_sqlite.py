"""The log in SQLite: WAL, every commit synced, one row for each run's part of a group.

One connection writes, from one thread at a time; readers have connections of their own and never wait for it.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec

from services.telemetry.adapters.log_file import LogFile, close_quietly, is_passing, translated
from services.telemetry.adapters.schema import CANARY, VERSION
from services.telemetry.flows.ports import About, Batch, Deletion, Listed, Probe, Rejection, Summary, Write
from shared.stored import read_line

KEPT_REJECTIONS = 100
"""Refused events kept for a run, the newest."""
KEPT_REJECTED_RUNS = 10_000
"""Runs that never began whose refused events are kept."""
_KNOWN_RUNS = 10_000
_MOST_MISSING = 1_000_000


class SqliteEventStore:
    """An ``EventStore`` in one file."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises ``StoreUnusable`` for one of another version."""
        self._file = LogFile(path)
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._doubtful: set[str] = set()
        """Runs whose newest batch was refused: a commit that fails on its way to the disk may come to light again."""
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._open_writer: sqlite3.Connection | None = self._file.open()

    @property
    def _writer(self) -> sqlite3.Connection:
        if self._open_writer is None:
            self._open_writer = self._file.connect()
        return self._open_writer

    def close(self) -> None:
        """Let go of the files."""
        while True:
            try:
                self._readers.get_nowait().close()
            except Empty:
                break
        if self._open_writer is not None:
            self._open_writer.close()

    def free_bytes(self) -> int:
        """The room that is left for the log; raises ``StoreError`` when its file was taken away."""
        return self._file.free_bytes()

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
            self._undo(error)
            if not is_passing(error):
                self._doubtful.update(batch.run_id for batch in batches)
            raise translated(error) from error
        if self._doubtful:
            self._doubtful.difference_update(batch.run_id for batch in batches)

    def _undo(self, error: sqlite3.Error) -> None:
        # Numbers of runs that were made in the lost transaction must not be remembered.
        self._numbers.clear()
        writer, sound = self._open_writer, is_passing(error)
        if writer is None:
            return
        if writer.in_transaction:
            try:
                writer.execute("ROLLBACK")
            except sqlite3.Error:
                sound = False
        if not sound:
            # A connection that failed half way may fail for ever; the next group gets a new one.
            self._open_writer = None
            close_quietly(writer)

    def _append(self, batch: Batch) -> None:
        if batch.by == CANARY:
            self._forget_canaries(batch)
        if batch.run_id in self._doubtful:
            self._forget_refused(batch)
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

    def _forget_refused(self, batch: Batch) -> None:
        """Take away what was refused and is there all the same: its numbers are given to this batch."""
        chosen = "SELECT number FROM runs WHERE run_id = ?"
        self._writer.execute(
            f"DELETE FROM batches WHERE run = ({chosen}) AND last_seq >= ?", (batch.run_id, batch.first)
        )
        if batch.first == 1:
            self._writer.execute("DELETE FROM runs WHERE run_id = ?", (batch.run_id,))

    def _forget_canaries(self, batch: Batch) -> None:
        """Of the service's tests of itself only the newest is kept, so that they take no room."""
        other = "" if batch.first == 1 else " AND run_id = ?"
        parameters = (CANARY,) if batch.first == 1 else (CANARY, batch.run_id)
        chosen = f"SELECT number FROM runs WHERE numbered_by = ?{other}"
        self._writer.execute(f"DELETE FROM batches WHERE run IN ({chosen})", parameters)
        if batch.first == 1:
            self._writer.execute("DELETE FROM runs WHERE numbered_by = ?", parameters)

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
            case Probe():
                self._writer.execute(f"PRAGMA user_version = {VERSION}")

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
                reader = self._file.connect()
            try:
                yield reader
            except BaseException:
                # Whether it can read anything again is not known; the next one gets a new connection.
                close_quietly(reader)
                raise
        except sqlite3.Error as error:
            raise translated(error) from error
        self._readers.put(reader)

    def lines(self, run_id: str, *, after: int, limit_bytes: int) -> list[bytes]:
        """The lines after this seq, at least one if there is one, not many more bytes than asked for.

        A line that cannot be told from its neighbours, or is not there, is empty.
        """
        found: list[bytes] = []
        size = 0
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT first_seq, last_seq, lines FROM batches WHERE last_seq > ? AND run ="
                " (SELECT number FROM runs WHERE run_id = ?) ORDER BY last_seq",
                (after, run_id),
            )
            for first, last, blob in rows:
                wanted = after + len(found) + 1
                if first - wanted > _MOST_MISSING:
                    raise sqlite3.DatabaseError(f"run {run_id} has no events from {wanted} to {first - 1}")
                if first > wanted:
                    found += [b""] * (first - wanted)
                for seq, line in enumerate(_parted(first, last, blob), first):
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
            row = reader.execute(
                "SELECT epoch, numbered_by FROM runs WHERE run_id = ? AND numbered_by <> ?", (run_id, CANARY)
            ).fetchone()
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
                " FROM runs WHERE (? IS NULL OR number < (SELECT number FROM runs WHERE run_id = ?)) AND numbered_by <> ?"
                " ORDER BY number DESC LIMIT ?",
                (before, before, CANARY, limit),
            ).fetchall()
        return [Listed(*row) for row in rows]


def _parted(first: int, last: int, blob: bytes) -> list[bytes]:
    """A batch's lines, one for each seq; those that do not say which seq they are, where they must, are empty."""
    lines = blob.split(b"\n")
    if len(lines) == last - first + 1:
        return lines
    by_seq = {seq: line for line in lines if (seq := _seq_of(line)) is not None}
    return [by_seq.get(seq, b"") for seq in range(first, last + 1)]


def _seq_of(line: bytes) -> int | None:
    try:
        return read_line(line).seq
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
