"""The database a ledger lies in: one connection that writes, in a thread, and some that read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.executor.adapters.ledger_schema import METADATA, SCHEMA_VERSION

BUSY_TIMEOUT_MS = 1000


class LedgerUnusableError(Exception):
    """The file is no ledger of this version of the program, or cannot be opened."""


@dataclass(frozen=True, slots=True)
class Database:
    """Ways to the same database.

    The writer is a plain engine, used in a thread: a transaction is one trip there. Through the asynchronous driver each
    of its statements is a trip of its own, which took more time than all else the executor does for a call.
    """

    writer: Engine
    readers: AsyncEngine


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """The database at this path, made if it is not there; raises ``LedgerUnusableError``."""
    database = Database(create_engine(f"sqlite:///{path}"), create_async_engine(f"sqlite+aiosqlite:///{path}"))
    for engine in (database.writer, database.readers.sync_engine):
        event.listen(engine, "connect", _set_up)
    try:
        try:
            with database.writer.begin() as connection:
                _make_tables(connection)
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise LedgerUnusableError(f"the ledger {path} cannot be used: {cause}") from error
        yield database
    finally:
        database.writer.dispose()
        with anyio.CancelScope(shield=True):
            await database.readers.dispose()


def _set_up(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    # Power loss after telemetry's answer must not make a seq free again: hence FULL.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _make_tables(connection: Connection) -> None:
    version = connection.execute(text("PRAGMA user_version")).scalar_one()
    if version not in {0, SCHEMA_VERSION}:
        message = f"the ledger has version {version}, this program writes version {SCHEMA_VERSION}"
        raise LedgerUnusableError(f"{message}; choose another --data-dir")
    METADATA.create_all(connection)
    connection.execute(text(f"PRAGMA user_version={SCHEMA_VERSION}"))
