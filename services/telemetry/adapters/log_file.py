"""The file of the log: how it is opened, whether it is still there, how much room is around it, what its errors mean."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

from services.telemetry.adapters.schema import SCHEMA, TABLES, VERSION
from services.telemetry.errors import StoreError, StoreFull, StoreUnusable

_BUSY_S = 5.0
_CHECKPOINT_PAGES = 1000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_WAY_OUT = (
    "Move it away (with the files beside it whose names begin like it) and start again: "
    "an executor that still has its runs fills an empty log again"
)


class LogFile:
    """One SQLite file in WAL mode, every commit synced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inode: int | None = None

    def open(self) -> sqlite3.Connection:
        """The first connection; makes the tables of a new file. Raises ``StoreUnusable``, with the way out."""
        try:
            connection = self.connect()
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                connection.executescript(SCHEMA)
            elif version == VERSION:
                _look_into(connection)
        except sqlite3.Error as error:
            raise StoreUnusable(_explained(self.path, error)) from error
        if version not in {0, VERSION}:
            raise StoreUnusable(f"{self.path} was written by another version ({version}; this one reads {VERSION})")
        self._inode = self.path.stat().st_ino
        return connection

    def connect(self) -> sqlite3.Connection:
        """One more connection; raises ``StoreError`` when the file is no longer the one that was opened."""
        if self._inode is not None:
            self.check()
        connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def check(self) -> None:
        """Raise ``StoreError`` when the file was taken away: what is written to it would be lost with the process."""
        try:
            inode = self.path.stat().st_ino
        except OSError as error:
            raise StoreError(f"{self.path.name} is gone from its folder; start the service again") from error
        if inode != self._inode:
            raise StoreError(f"{self.path.name} was replaced by another file; start the service again")

    def free_bytes(self) -> int:
        """The room that is left around it; raises ``StoreError`` when it was taken away or nobody can say."""
        self.check()
        try:
            return shutil.disk_usage(self.path.parent).free
        except OSError as error:
            raise StoreError(f"the folder of the log cannot be looked at: {error.strerror}") from error


def close_quietly(connection: sqlite3.Connection) -> None:
    """Let go of a connection that has failed already: what it has to say about it was said."""
    with contextlib.suppress(sqlite3.Error):
        connection.close()


def is_passing(error: sqlite3.Error) -> bool:
    """Whether the connection itself is fine and only this could not be done."""
    return isinstance(error, sqlite3.IntegrityError) or _name(error) in {"SQLITE_BUSY", "SQLITE_FULL"}


def translated(error: sqlite3.Error) -> StoreError:
    """What a failure means to those who asked."""
    name = _name(error)
    if name == "SQLITE_FULL":
        return StoreFull("the disk is full")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StoreError(f"the log's file is damaged ({error}): move it away and start the service again")
    return StoreError(str(error))


def _look_into(connection: sqlite3.Connection) -> None:
    for table in TABLES:
        connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()


def _explained(path: Path, error: sqlite3.Error) -> str:
    name = _name(error)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
        return f"the log {path} is damaged and cannot be used: {error}. {_WAY_OUT}"
    if name == "SQLITE_BUSY":
        return f"the log {path} cannot be used: {error}; another program holds it: end that one first"
    return f"the log {path} cannot be used: {error}; look at the disk and at the rights of its folder"


def _name(error: sqlite3.Error) -> str:
    name: str = getattr(error, "sqlite_errorname", "")
    return name
