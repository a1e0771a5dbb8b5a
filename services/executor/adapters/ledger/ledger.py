"""The ledger's one writer: what comes while a commit is under way goes into the next one, all of it or nothing.

Nothing is dropped when the disk refuses: the same batch is tried until it holds, and whoever waits for it waits on.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import structlog
from sqlalchemy import Connection

from services.executor.adapters.ledger.database import Database
from services.executor.adapters.ledger.event_rows import EventRows, replace_line
from services.executor.adapters.ledger.reading import reading
from services.executor.adapters.ledger.removal import remove_run
from services.executor.adapters.ledger.statements import STATEMENTS, key_of
from services.executor.adapters.ledger.trouble import LedgerTrouble
from services.executor.adapters.ledger.unholdable import Unholdable, find_unholdable, is_about_values
from services.executor.core.records import AnyRecord, Deletion

RETRY_S = 0.5
GAP_S = 0.005
"""Commits begin this far apart at least. Each costs the same whatever it holds, so fewer and fuller ones save half of
the writer's time under load, and a request that waits for its own is late by less than its network is unsteady."""

CLOSE_LIMIT_S = 5.0

Operation = Callable[[Connection], None]
OnUnholdable = Callable[[str, str], None]
"""Told a run of which a record can never be written, and why, before what was written with it counts as durable."""

OnCommit = Callable[[str, int], None]
"""Told the run and its newest durable seq after each commit."""

log = structlog.get_logger()


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

    def leave_out(self, found: Sequence[Unholdable]) -> None:
        """Write only what can be of these records."""
        for one in found:
            kept = self.records[type(one.record)]
            if one.rest is None:
                del kept[key_of(one.record)]
            else:
                kept[key_of(one.record)] = one.rest

    def done(self) -> None:
        """It is durable."""
        self._done.set()

    async def wait(self) -> None:
        """Return when it is durable."""
        await self._done.wait()


class SqliteLedger:
    """Writes through one connection, one transaction at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._on_commit: OnCommit | None = None
        self._on_unholdable: OnUnholdable | None = None
        self._open = Batch()
        self._under_way: Batch | None = None
        self._wake = anyio.Event()
        self._trouble = LedgerTrouble()

    @property
    def trouble(self) -> str | None:
        """Why it cannot be written at the moment, or None."""
        return self._trouble.reason

    @property
    def failures(self) -> int:
        """Commits that did not hold and were tried again."""
        return self._trouble.failures

    @property
    def pending(self) -> int:
        """Events written and not yet durable."""
        return self._open.size + (self._under_way.size if self._under_way else 0)

    def tell(self, on_commit: OnCommit) -> None:
        """Call this after each commit, for each run it held events of."""
        self._on_commit = on_commit

    def tell_unholdable(self, on_unholdable: OnUnholdable) -> None:
        """Call this for each record no commit can ever hold: its run is not what its ledger says it is any more."""
        self._on_unholdable = on_unholdable

    def write(self, run_id: str, first_seq: int, lines: Sequence[bytes], records: Sequence[AnyRecord]) -> Batch:
        """Take in a run's next events and the records they report; returns at once."""
        self._open.add(run_id, first_seq, lines, records)
        self._wake.set()
        return self._open

    async def replace_line(self, run_id: str, seq: int, line: bytes) -> None:
        """Put another line at a seq telemetry refused, and correct the digest a later ``run_finished`` states."""

        batch = self._open
        batch.operations.append(lambda connection: replace_line(connection, run_id, seq, line))
        self._wake.set()
        await batch.wait()

    async def remove(self, deletion: Deletion) -> None:
        """Take out every row of this run and keep only that it was deleted; durable when this returns."""
        batch = self._open
        batch.add(deletion.run_id, 0, (), (deletion,))
        batch.operations.append(lambda connection: remove_run(connection, deletion.run_id))
        self._wake.set()
        await batch.wait()

    async def lines(self, run_id: str, *, after: int, most: int, most_bytes: int) -> list[bytes]:
        """The run's next durable lines after a seq, as many as fit, at least one if there is one."""
        async with reading(self._database.readers) as connection:
            return await connection.run_sync(EventRows.read, run_id, after, most, most_bytes)

    async def flush(self) -> None:
        """Return when everything written so far is durable."""
        batch = self._under_way if self._open.is_empty else self._open
        if batch is not None:
            await batch.wait()

    async def run_writer(self) -> None:
        """Commit batches until cancelled: the first one after silence at once, under load with a gap in between."""
        next_s = 0.0
        while True:
            await self._wake.wait()
            await anyio.sleep(max(0.0, next_s - anyio.current_time()))
            next_s = anyio.current_time() + GAP_S
            self._wake = anyio.Event()
            batch, self._open = self._open, Batch()
            self._under_way = batch
            await self._commit_until_it_holds(batch)
            self._under_way = None
            batch.done()
            if self._on_commit is not None:
                for run_id, rows in batch.events.items():
                    self._on_commit(run_id, rows.last_seq)

    async def _commit_until_it_holds(self, batch: Batch) -> None:
        while True:
            self._trouble.commit_begins()
            try:
                await anyio.to_thread.run_sync(_commit, self._database, batch)
            except Exception as error:  # noqa: BLE001 - the border of the ledger, see below
                # An error of ours that is no record's stops every run, visibly, and not the service: started again
                # it would meet the same again.
                if is_about_values(error) and await self._leave_out_unholdable(batch):
                    continue
                self._trouble.commit_failed(error)
            else:
                self._trouble.commit_held()
                return
            await anyio.sleep(RETRY_S)

    async def _leave_out_unholdable(self, batch: Batch) -> bool:
        """Whether there was something to be left out of the batch, which is worth another try then."""
        records = [record for kind in STATEMENTS for record in batch.records.get(kind, {}).values()]
        try:
            found = await anyio.to_thread.run_sync(find_unholdable, self._database, records)
        except Exception as error:  # noqa: BLE001 - said, and met again by the next try
            self._trouble.commit_failed(error)
            return False
        batch.leave_out(found)
        for one in found:
            why = f"the ledger cannot hold a value of {type(one.record).__name__}: {one.why}"
            log.error("a record cannot be written", run_id=one.record.run_id, why=why)
            try:
                if self._on_unholdable is not None:
                    self._on_unholdable(one.record.run_id, why)
            except Exception:
                # The border of the ledger: what others make of it must not end the writer.
                log.exception("a run could not be told of it", run_id=one.record.run_id)
        return bool(found)


def _commit(database: Database, batch: Batch) -> None:
    with database.transaction() as connection:
        for run_id, rows in batch.events.items():
            rows.write(connection, run_id)
        for kind, statement in STATEMENTS.items():
            records = batch.records.get(kind)
            if records:
                connection.exec_driver_sql(statement.sql, [statement.row_of(item) for item in records.values()])
        for operation in batch.operations:
            operation(connection)


@asynccontextmanager
async def open_ledger(database: Database) -> AsyncIterator[SqliteLedger]:
    """A ledger that writes while the block runs, and what is still open at its end."""
    ledger = SqliteLedger(database)
    async with anyio.create_task_group() as group:
        group.start_soon(ledger.run_writer)
        try:
            yield ledger
        finally:
            with anyio.move_on_after(CLOSE_LIMIT_S, shield=True) as limit:
                await ledger.flush()
            if limit.cancelled_caught:
                log.error("the ledger could not be written to the end", pending=ledger.pending, error=ledger.trouble)
            group.cancel_scope.cancel()
