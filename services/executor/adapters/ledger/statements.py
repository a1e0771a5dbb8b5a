"""How each record is written: one statement a table, given many rows at once.

The statements are SQLAlchemy's, compiled once; the rows go to the driver as they are. Letting SQLAlchemy look at each
value again took half of the writer's time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.dml import Insert, Update

from services.executor.adapters.ledger.schema import (
    ATTEMPTS,
    CALLS,
    CHOICES,
    DELETIONS,
    DOCUMENTS,
    EVENTS,
    INSTRUCTIONS,
    PAIRS,
    RECONCILIATIONS,
    RUNS,
    SCORES,
)
from services.executor.core.records import (
    AnyRecord,
    Attempt,
    Call,
    Choice,
    Deletion,
    Delivered,
    Document,
    Instructions,
    NewLimits,
    NewRun,
    Pair,
    Reconciled,
    Record,
    RunState,
    Score,
)

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with places for values, and how a record fills them."""

    sql: str
    row_of: Callable[[Any], Row]


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _compiled(statement: Insert | Update, fields: Sequence[str], bound: Sequence[str]) -> Statement:
    """The statement for a record with these fields, whose places are bound to the fields named ``bound``."""
    compiled = statement.compile(dialect=sqlite.dialect(), column_keys=list(bound))
    places = [{"key": "run_id"}.get(name, name) for name in compiled.positiontup or ()]
    if places == list(fields):
        return Statement(str(compiled), msgspec.structs.astuple)
    order = [fields.index(name) for name in places]

    def row_of(record: Record) -> Row:
        values = msgspec.structs.astuple(record)
        return tuple([values[index] for index in order])

    return Statement(str(compiled), row_of)


def _replace(table: Table, record: type[Record]) -> Statement:
    statement = insert(table)
    kept = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    upsert = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=kept)
    return _compiled(upsert, record.__struct_fields__, _columns(table))


def _insert_run() -> Statement:
    fields = NewRun.__struct_fields__
    return _compiled(insert(RUNS).on_conflict_do_nothing(), fields, fields)


def _update_run(record: type[Record]) -> Statement:
    fields = record.__struct_fields__
    changed = [name for name in fields if name != "run_id"]
    values: dict[Any, Any] = {RUNS.c[name]: bindparam(name) for name in changed}
    return _compiled(update(RUNS).where(RUNS.c.run_id == bindparam("key")).values(values), fields, changed)


STATEMENTS: dict[type[AnyRecord], Statement] = {
    NewRun: _insert_run(),
    Instructions: _replace(INSTRUCTIONS, Instructions),
    Document: _replace(DOCUMENTS, Document),
    Call: _replace(CALLS, Call),
    Attempt: _replace(ATTEMPTS, Attempt),
    Score: _replace(SCORES, Score),
    Pair: _replace(PAIRS, Pair),
    Choice: _replace(CHOICES, Choice),
    RunState: _update_run(RunState),
    NewLimits: _update_run(NewLimits),
    Delivered: _update_run(Delivered),
    Reconciled: _replace(RECONCILIATIONS, Reconciled),
    Deletion: _replace(DELETIONS, Deletion),
}
"""In the order they are written."""

INSERT_EVENTS = str(
    # A commit that held although it seemed to fail is tried again with the same rows.
    insert(EVENTS).on_conflict_do_nothing().compile(dialect=sqlite.dialect(), column_keys=_columns(EVENTS))
)
"""Takes rows of run id, last seq, first seq and lines."""


def key_of(record: AnyRecord) -> Row:
    """What names the row a record is: a later record of the same key replaces an earlier one."""
    match record:
        case Call():
            return record.run_id, record.call_id
        case Attempt():
            return record.run_id, record.call_id, record.attempt
        case Document():
            return record.run_id, record.document_id
        case Instructions():
            return record.run_id, record.phase
        case Score() | Pair():
            return record.run_id, record.item_id
        case Choice():
            return record.run_id, record.phase, record.input
    return (record.run_id,)
