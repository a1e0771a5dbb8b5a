"""How each record is written: one statement a table, given many rows at once."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.dml import Insert, Update

from services.executor.adapters.ledger_schema import ATTEMPTS, CALLS, DOCUMENTS, INSTRUCTIONS, RUNS, SCORES
from services.executor.core.records import (
    AnyRecord,
    Attempt,
    Call,
    Delivered,
    Document,
    Instructions,
    NewRun,
    Record,
    RunState,
    Score,
)

Statement = Insert | Update
RowOf = Callable[[Any], dict[str, Any]]


def _replace(table: Table) -> Statement:
    statement = insert(table)
    kept = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=kept)


def _update_run(record: type[Record]) -> Statement:
    fields = [field for field in record.__struct_fields__ if field != "run_id"]
    return update(RUNS).where(RUNS.c.run_id == bindparam("key")).values({name: bindparam(name) for name in fields})


def _keyed(record: Record) -> dict[str, Any]:
    row = msgspec.structs.asdict(record)
    row["key"] = row.pop("run_id")
    return row


STATEMENTS: dict[type[AnyRecord], tuple[Statement, RowOf]] = {
    NewRun: (insert(RUNS).on_conflict_do_nothing(), msgspec.structs.asdict),
    Instructions: (_replace(INSTRUCTIONS), msgspec.structs.asdict),
    Document: (_replace(DOCUMENTS), msgspec.structs.asdict),
    Call: (_replace(CALLS), msgspec.structs.asdict),
    Attempt: (_replace(ATTEMPTS), msgspec.structs.asdict),
    Score: (_replace(SCORES), msgspec.structs.asdict),
    RunState: (_update_run(RunState), _keyed),
    Delivered: (_update_run(Delivered), _keyed),
}
"""In the order they are written."""


def key_of(record: AnyRecord) -> tuple[Any, ...]:
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
        case Score():
            return record.run_id, record.item_id
    return (record.run_id,)
