"""What the ledger knows, read through connections of its own: a reader never waits for the writer."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql import Select

from services.executor.adapters.ledger.reading import reading
from services.executor.adapters.ledger.row_record import readable, record_of
from services.executor.adapters.ledger.schema import (
    ATTEMPTS,
    CALLS,
    CHOICES,
    DELETIONS,
    DOCUMENTS,
    EVENTS,
    INSTRUCTIONS,
    PAIRS,
    RUNS,
    SCORES,
)
from services.executor.core.records import Attempt, Call, Choice, Document, Instructions, Pair, Score, StoredRun
from shared.status import RunStatus

T = TypeVar("T", bound=msgspec.Struct)

_ROWS_AT_A_TIME = 500

_TEXTS = {"prompt", "answer"}
_UNFINISHED = (RunStatus.PLANNED, RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.CANCELLING)

_TEXTS_OF_DOCUMENTS = select(DOCUMENTS.c.document_id, func.coalesce(DOCUMENTS.c.text, ATTEMPTS.c.answer)).select_from(
    DOCUMENTS.outerjoin(
        ATTEMPTS,
        and_(
            ATTEMPTS.c.run_id == DOCUMENTS.c.run_id,
            ATTEMPTS.c.call_id == DOCUMENTS.c.call_id,
            ATTEMPTS.c.attempt == DOCUMENTS.c.attempt,
        ),
    )
)


class LedgerReader:
    """Reads of the ledger, each in a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, run_id: str) -> StoredRun | None:
        """One run."""
        return next(iter(await self._read(StoredRun, select(RUNS).where(RUNS.c.run_id == run_id))), None)

    async def runs(self, *, limit: int, before: str | None) -> list[StoredRun]:
        """Runs, newest first, those made before the run ``before``."""
        query = select(RUNS).order_by(RUNS.c.created_ms.desc(), RUNS.c.run_id.desc()).limit(limit)
        if before is not None:
            mark = await self.run(before)
            if mark is None:
                return []
            same = and_(RUNS.c.created_ms == mark.created_ms, RUNS.c.run_id < mark.run_id)
            query = query.where(or_(RUNS.c.created_ms < mark.created_ms, same))
        return await self._read_runs(query)

    async def unfinished(self) -> list[StoredRun]:
        """Runs a stopped process has left planned, running, paused or cancelling."""
        return await self._read_runs(select(RUNS).where(RUNS.c.status.in_(_UNFINISHED)))

    async def deleted(self, run_id: str) -> bool:
        """Whether there was such a run once, and somebody has deleted it."""
        async with reading(self._engine) as connection:
            query = select(DELETIONS.c.run_id).where(DELETIONS.c.run_id == run_id)
            return (await connection.execute(query)).first() is not None

    async def interrupted(self) -> list[StoredRun]:
        """Runs that stand still until they are resumed."""
        return await self._read_runs(select(RUNS).where(RUNS.c.status == RunStatus.INTERRUPTED))

    async def last_seq(self, run_id: str) -> int:
        """The seq of the run's newest event, 0 for none."""
        async with reading(self._engine) as connection:
            query = select(func.max(EVENTS.c.last_seq)).where(EVENTS.c.run_id == run_id)
            return (await connection.execute(query)).scalar() or 0

    async def calls(
        self,
        run_id: str,
        *,
        status: str | None = None,
        phase: str | None = None,
        model: str | None = None,
        limit: int,
        after: int = 0,
    ) -> list[Call]:
        """Calls in the order they were queued, those after the ordinal ``after``."""
        query = select(CALLS).where(CALLS.c.run_id == run_id, CALLS.c.ordinal > after)
        for column, wanted in ((CALLS.c.status, status), (CALLS.c.phase, phase), (CALLS.c.model, model)):
            if wanted is not None:
                query = query.where(column == wanted)
        return await self._read(Call, query.order_by(CALLS.c.ordinal).limit(limit))

    async def call(self, run_id: str, call_id: str) -> Call | None:
        """One call."""
        query = select(CALLS).where(CALLS.c.run_id == run_id, CALLS.c.call_id == call_id)
        return next(iter(await self._read(Call, query)), None)

    async def attempts(self, run_id: str, call_id: str | None = None) -> list[Attempt]:
        """Attempts of one call with their prompts and answers, or of all calls without them."""
        columns = [column for column in ATTEMPTS.columns if call_id is not None or column.name not in _TEXTS]
        query = select(*columns).where(ATTEMPTS.c.run_id == run_id)
        if call_id is not None:
            query = query.where(ATTEMPTS.c.call_id == call_id)
        return await self._read(Attempt, query.order_by(ATTEMPTS.c.call_id, ATTEMPTS.c.attempt))

    async def in_flight(self, run_id: str) -> list[Attempt]:
        """Attempts that began and have not ended."""
        query = select(ATTEMPTS).where(ATTEMPTS.c.run_id == run_id, ATTEMPTS.c.outcome.is_(None))
        return await self._read(Attempt, query.order_by(ATTEMPTS.c.started_ms, ATTEMPTS.c.call_id))

    async def documents(self, run_id: str) -> list[Document]:
        """All documents, without their texts."""
        columns = [column for column in DOCUMENTS.columns if column.name != "text"]
        query = select(*columns).where(DOCUMENTS.c.run_id == run_id)
        return await self._read(Document, query.order_by(DOCUMENTS.c.kind.desc(), DOCUMENTS.c.document_id))

    async def text(self, run_id: str, document_id: str) -> str | None:
        """A document's text: an input's own, or the answer that made it."""
        query = _TEXTS_OF_DOCUMENTS.where(DOCUMENTS.c.run_id == run_id, DOCUMENTS.c.document_id == document_id)
        async with reading(self._engine) as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else row[1]

    async def texts(self, run_id: str, wanted: Sequence[str]) -> dict[str, str]:
        """The texts of these documents by id; many at once, as thousands of questions take minutes."""
        found: dict[str, str] = {}
        query = _TEXTS_OF_DOCUMENTS.where(DOCUMENTS.c.run_id == run_id)
        for start in range(0, len(wanted), _ROWS_AT_A_TIME):
            these = wanted[start : start + _ROWS_AT_A_TIME]
            async with reading(self._engine) as connection:
                rows = await connection.execute(query.where(DOCUMENTS.c.document_id.in_(these)))
                found.update((name, text or "") for name, text in rows)
        return found

    async def instructions(self, run_id: str, phase: str) -> Instructions | None:
        """A phase's instructions."""
        query = select(INSTRUCTIONS).where(INSTRUCTIONS.c.run_id == run_id, INSTRUCTIONS.c.phase == phase)
        return next(iter(await self._read(Instructions, query)), None)

    async def scores(self, run_id: str) -> list[Score]:
        """All verdicts."""
        query = select(SCORES).where(SCORES.c.run_id == run_id)
        return await self._read(Score, query.order_by(SCORES.c.item_id))

    async def pairs(self, run_id: str) -> list[Pair]:
        """All judgements of two documents."""
        return await self._read(Pair, select(PAIRS).where(PAIRS.c.run_id == run_id).order_by(PAIRS.c.item_id))

    async def choices(self, run_id: str) -> list[Choice]:
        """Which documents went on to which phase."""
        query = select(CHOICES).where(CHOICES.c.run_id == run_id)
        return await self._read(Choice, query.order_by(CHOICES.c.phase, CHOICES.c.input))

    async def _read(self, kind: type[T], query: Select[Any]) -> list[T]:
        found: list[T] = []
        async with reading(self._engine) as connection, connection.stream(query) as rows:
            names = list(map(str, rows.keys()))
            # In parts, so that a large run's hundreds of thousands of rows do not keep the loop from everybody else.
            async for part in rows.partitions(_ROWS_AT_A_TIME):
                found += [record_of(kind, dict(zip(names, row, strict=True))) for row in part]
        return found

    async def _read_runs(self, query: Select[Any]) -> list[StoredRun]:
        async with reading(self._engine) as connection:
            return readable(StoredRun, (await connection.execute(query)).mappings())
