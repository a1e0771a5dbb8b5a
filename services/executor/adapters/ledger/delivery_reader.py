"""What the ledger knows of deliveries. A run's newest seq is one step in the index, never a look at its events."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql import Select

from services.executor.adapters.ledger.reading import reading
from services.executor.adapters.ledger.row_record import readable
from services.executor.adapters.ledger.schema import DELETIONS, EVENTS, RECONCILIATIONS, RUNS
from services.executor.core.delivery.acknowledgement import DELETED
from services.executor.core.delivery.comparison import Standing
from services.executor.core.records import Deletion, Reconciled

_LAST_SEQ = func.coalesce(
    select(func.max(EVENTS.c.last_seq)).where(EVENTS.c.run_id == RUNS.c.run_id).scalar_subquery(), 0
)
_STANDING = select(
    RUNS.c.run_id,
    RUNS.c.epoch,
    RUNS.c.status,
    _LAST_SEQ.label("last_seq"),
    RUNS.c.delivered_seq,
    RUNS.c.discarded,
    RUNS.c.stopped,
    RECONCILIATIONS.c.seq.label("reconciled_seq"),
    RECONCILIATIONS.c.their_digest.label("reconciled_digest"),
).select_from(RUNS.outerjoin(RECONCILIATIONS, RECONCILIATIONS.c.run_id == RUNS.c.run_id))
_STOPPED = select(RUNS.c.run_id, _LAST_SEQ, RUNS.c.delivered_seq).where(
    RUNS.c.stopped.is_not(None), RUNS.c.stopped.not_like(f"{DELETED}%")
)
_UNDELIVERED = (RUNS.c.delivered_seq < _LAST_SEQ, RUNS.c.stopped.is_(None))


class DeliveryReader:
    """Reads of the ledger, each in a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def some(self, run_ids: Sequence[str]) -> list[Standing]:
        """These runs, as far as they are there."""
        return await self._standings(_STANDING.where(RUNS.c.run_id.in_(run_ids)))

    async def page(self, *, after: str, limit: int) -> list[Standing]:
        """The next runs by id."""
        query = _STANDING.where(RUNS.c.run_id > after)
        return await self._standings(query.order_by(RUNS.c.run_id).limit(limit))

    async def undelivered(self, *, after: str, limit: int) -> list[Standing]:
        """The next runs by id with events telemetry has not acknowledged and may still get."""
        query = _STANDING.where(RUNS.c.run_id > after, *_UNDELIVERED)
        return await self._standings(query.order_by(RUNS.c.run_id).limit(limit))

    async def undelivered_events(self) -> int:
        """How many events of all runs telemetry has not acknowledged and may still get."""
        query = select(func.sum(_LAST_SEQ - RUNS.c.delivered_seq)).where(*_UNDELIVERED)
        async with reading(self._engine) as connection:
            return (await connection.execute(query)).scalar() or 0

    async def reconciled(self, run_id: str) -> Reconciled | None:
        """What the last comparison at the run's end found."""
        async with reading(self._engine) as connection:
            query = select(RECONCILIATIONS).where(RECONCILIATIONS.c.run_id == run_id)
            row = (await connection.execute(query)).mappings().first()
        values = None if row is None else {str(name): value for name, value in row.items()}
        return None if values is None else msgspec.convert(values, Reconciled, strict=False)

    async def different(self) -> dict[str, int]:
        """By how many events telemetry differs from the ledger, for each run where a comparison has found that.

        A run of which telemetry takes no more events, though nobody deleted it there, differs by what is left.
        """
        found = RECONCILIATIONS
        query = select(found.c.run_id, found.c["count"], found.c.their_count).where(found.c.equal == 0)
        query = query.select_from(found.join(RUNS, RUNS.c.run_id == found.c.run_id)).where(found.c.seq == _LAST_SEQ)
        async with reading(self._engine) as connection:
            rows = [*(await connection.execute(query)).all(), *(await connection.execute(_STOPPED)).all()]
        return {run_id: max(1, abs(ours - theirs)) for run_id, ours, theirs in rows}

    async def deletions(self) -> list[Deletion]:
        """Runs that telemetry still has to forget."""
        async with reading(self._engine) as connection:
            rows = await connection.execute(select(DELETIONS).where(DELETIONS.c.done_ms.is_(None)))
            return readable(Deletion, rows.mappings())

    async def _standings(self, query: Select[Any]) -> list[Standing]:
        async with reading(self._engine) as connection:
            return readable(Standing, (await connection.execute(query)).mappings())
