"""The ledger's one writer: what comes while a commit is under way goes into the next one, all of it or nothing.

Nothing is dropped when the disk refuses: the same batch is tried until it holds, and whoever waits for it waits on.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import structlog
from sqlalchemy import Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.executor.adapters.event_rows import EventRows, replace_line
from services.executor.adapters.ledger_schema import METADATA, SCHEMA_VERSION
from services.executor.adapters.ledger_statements import STATEMENTS, key_of
from services.executor.core.records import AnyRecord

RETRY_S = 0.5
CLOSE_LIMIT_S = 5.0

Operation = Callable[[AsyncConnection], Awaitable[None]]
OnCommit = Callable[[str, int], None]
"""Told the run and its newest durable seq after each commit."""

log = structlog.get_logger()


class LedgerVersionError(Exception):
    """The database was made by another version of this program."""


class Batch:
    """Everything one transaction will hold."""

    def __init__(self) -> None:
        self.events: dict[str, EventRows] = {}
        self.records: dict[type[AnyRecord], dict[tuple[object, ...], AnyRecord]] = {}
        self.operations: list[Operation] = []
        self.size = 0
        self._done = anyio.Event()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.events or self.records or self.operations)

    def add(self, run_id: str, first_seq: int, lines: Sequence[bytes], records: Sequence[AnyRecord]) -> None:
        """Take in one run's next lines, and records of which the newest of a key counts."""
        if lines:
            self.events.setdefault(run_id, EventRows(first_seq)).lines.extend(lines)
            self.size += len(lines)
        for record in records:
            self.records.setdefault(type(record), {})[key_of(record)] = record

    def done(self) -> None:
        """It is durable."""
        self._done.set()

    async def wait(self) -> None:
        """Return when it is durable."""
        await self._done.wait()


class SqliteLedger:
    """Writes through one connection, one transaction at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._on_commit: OnCommit | None = None
        self._open = Batch()
        self._under_way: Batch | None = None
        self._wake = anyio.Event()
        self._trouble: str | None = None
        self.broken = False
        """Whether the writer met an error that no repeat can mend."""

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written at the moment, or None."""
        return self._trouble

    @property
    def pending(self) -> int:
        """Events written and not yet durable."""
        return self._open.size + (self._under_way.size if self._under_way else 0)

    def tell(self, on_commit: OnCommit) -> None:
        """Call this after each commit, for each run it held events of."""
        self._on_commit = on_commit

    def write(self, run_id: str, first_seq: int, lines: Sequence[bytes], records: Sequence[AnyRecord]) -> Batch:
        """Take in a run's next events and the records they report; returns at once."""
        self._open.add(run_id, first_seq, lines, records)
        self._wake.set()
        return self._open

    async def replace_line(self, run_id: str, seq: int, line: bytes) -> None:
        """Put another line at a seq telemetry refused, and correct the digest a later ``run_finished`` states."""

        async def operation(connection: AsyncConnection) -> None:
            await replace_line(connection, run_id, seq, line)

        batch = self._open
        batch.operations.append(operation)
        self._wake.set()
        await batch.wait()

    async def lines(self, run_id: str, *, after: int, most: int, most_bytes: int) -> list[bytes]:
        """The run's next durable lines after a seq, as many as fit, at least one if there is one."""
        async with self._engine.connect() as connection:
            return await EventRows.read(connection, run_id, after=after, most=most, most_bytes=most_bytes)

    async def flush(self) -> None:
        """Return when everything written so far is durable."""
        batch = self._under_way if self._open.is_empty else self._open
        if batch is not None:
            await batch.wait()

    async def run_writer(self) -> None:
        """Commit batches until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            batch, self._open = self._open, Batch()
            self._under_way = batch
            try:
                await self._commit_until_it_holds(batch)
            except Exception:
                self.broken = True
                raise
            self._under_way = None
            batch.done()
            if self._on_commit is not None:
                for run_id, rows in batch.events.items():
                    self._on_commit(run_id, rows.last_seq)

    async def _commit_until_it_holds(self, batch: Batch) -> None:
        while True:
            try:
                async with self._engine.begin() as connection:
                    await _execute(connection, batch)
            except (SQLAlchemyError, OSError) as error:
                self._trouble = _said(error)
                log.warning("the ledger cannot be written; no request is sent until it can", error=self._trouble)
                await anyio.sleep(RETRY_S)
            else:
                self._trouble = None
                return


async def _execute(connection: AsyncConnection, batch: Batch) -> None:
    for run_id, rows in batch.events.items():
        await rows.write(connection, run_id)
    for kind, statement in STATEMENTS.items():
        records = batch.records.get(kind)
        if records:
            await connection.exec_driver_sql(statement.sql, [statement.row_of(item) for item in records.values()])
    for operation in batch.operations:
        await operation(connection)


def _said(error: Exception) -> str:
    # SQLAlchemy's own message quotes the statement's values, and a prompt may be among them.
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {cause}"[:200]


@asynccontextmanager
async def open_engine(path: Path) -> AsyncIterator[AsyncEngine]:
    """The database at this path, made if it is not there; raises ``LedgerVersionError`` for one of another version."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        # Power loss after telemetry's answer must not make a seq free again: hence FULL.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=1000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    try:
        async with engine.begin() as connection:
            await connection.run_sync(_make_tables)
        yield engine
    finally:
        with anyio.CancelScope(shield=True):
            await engine.dispose()


def _make_tables(connection: Connection) -> None:
    version = connection.execute(text("PRAGMA user_version")).scalar_one()
    if version not in {0, SCHEMA_VERSION}:
        raise LedgerVersionError(f"the ledger has version {version}, this program writes version {SCHEMA_VERSION}")
    METADATA.create_all(connection)
    connection.execute(text(f"PRAGMA user_version={SCHEMA_VERSION}"))


@asynccontextmanager
async def open_ledger(engine: AsyncEngine) -> AsyncIterator[SqliteLedger]:
    """A ledger that writes while the block runs, and what is still open at its end."""
    ledger = SqliteLedger(engine)
    async with anyio.create_task_group() as group:
        group.start_soon(ledger.run_writer)
        try:
            yield ledger
        finally:
            # Where the writer itself broke there is nobody to wait for, and its error says what happened.
            if not ledger.broken:
                with anyio.move_on_after(CLOSE_LIMIT_S, shield=True) as limit:
                    await ledger.flush()
                if limit.cancelled_caught:
                    log.error("the ledger could not be written to the end", pending=ledger.pending)
            group.cancel_scope.cancel()
