"""The database a ledger lies in: one connection that writes, in a thread, and some that read."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import anyio
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.executor.adapters.ledger.schema import METADATA, SCHEMA_VERSION
from services.executor.adapters.ledger.trouble import said

BUSY_TIMEOUT_MS = 500
"""Another process may look into the file, and hold it up this long before that is said to be trouble."""

CHECK_LIMIT_S = 3.0
"""How long the file may be looked through at the start; what is not found by then shows when it is read."""

_STEPS_BETWEEN_LOOKS = 100_000


class LedgerUnusableError(Exception):
    """The file is no ledger of this version of the program, is damaged, or cannot be opened."""


class LedgerMovedError(Exception):
    """The file that was opened no longer lies in its place: what is written to it, nobody would find again."""


@dataclass(frozen=True, slots=True)
class Database:
    """Ways to the same database.

    The writer is a plain engine, used in a thread: a transaction is one trip there. Through the asynchronous driver each
    of its statements is a trip of its own, which took more time than all else the executor does for a call.
    """

    writer: Engine
    readers: AsyncEngine
    path: Path
    identity: tuple[int, int]
    """Device and number of the file."""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """What is written in the block is durable after it. Raises whatever stands in the way.

        The next one begins with a connection of its own after a failure: the file may have been mended meanwhile.
        """
        try:
            self._look()
            with self.writer.begin() as connection:
                yield connection
        except BaseException:
            self.writer.dispose()
            raise

    def _look(self) -> None:
        try:
            identity = _identity(self.path)
        except FileNotFoundError:
            identity = None
        if identity != self.identity:
            raise LedgerMovedError(
                f"{self.path} was removed or replaced while it was in use; put it back, or restart the executor"
            )


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """The database at this path, made if it is not there; raises ``LedgerUnusableError``."""
    writer, readers = create_engine(f"sqlite:///{path}"), create_async_engine(f"sqlite+aiosqlite:///{path}")
    for engine in (writer, readers.sync_engine):
        event.listen(engine, "connect", _set_up)
    try:
        try:
            with writer.begin() as connection:
                _look_through(connection, path)
                _make_tables(connection)
            identity = _identity(path)
        except (SQLAlchemyError, OSError) as error:
            raise unusable(path, said(error)) from error
        yield Database(writer, readers, path, identity)
    finally:
        writer.dispose()
        with anyio.CancelScope(shield=True):
            await readers.dispose()


def unusable(path: Path, why: str) -> LedgerUnusableError:
    """The error that names the file, what is wrong with it, and what can be done."""
    return LedgerUnusableError(
        f"the ledger {path} cannot be used: {why}. If there is no room or no permission, mend that and start again. "
        f"If the file is damaged: put a copy back, or save what can be read with "
        f"'sqlite3 {path} .recover', or move it and its -wal and -shm files away to begin anew "
        "(telemetry keeps the events it has)"
    )


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _set_up(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    # Power loss after telemetry's answer must not make a seq free again: hence FULL. The timeout first: the others wait.
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _look_through(connection: Connection, path: Path) -> None:
    """Raise ``LedgerUnusableError`` when the file is damaged where a bounded look finds it."""
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    until_s = time.monotonic() + CHECK_LIMIT_S
    driver.set_progress_handler(lambda: int(time.monotonic() > until_s), _STEPS_BETWEEN_LOOKS)
    try:
        found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    except SQLAlchemyError as error:
        if "interrupted" not in said(error):
            raise
        found = "ok"
    finally:
        driver.set_progress_handler(None, 0)
    if found != "ok":
        raise unusable(path, f"it is damaged: {found}"[:300])


def _make_tables(connection: Connection) -> None:
    version: int = connection.execute(text("PRAGMA user_version")).scalar_one()
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        message = f"the ledger has version {version}, this program writes version {SCHEMA_VERSION}"
        raise LedgerUnusableError(f"{message}; choose another --data-dir")
    # The driver begins no transaction for statements that make tables: killed on the way, a ledger is as it was.
    connection.execute(text("BEGIN IMMEDIATE"))
    if version:
        # Alembic takes half as long to load as all the rest of the program, and a ledger is old once.
        from services.executor.adapters.ledger.migrate import migrate  # noqa: PLC0415

        migrate(connection, version)
    METADATA.create_all(connection)
    connection.execute(text(f"PRAGMA user_version={SCHEMA_VERSION}"))
