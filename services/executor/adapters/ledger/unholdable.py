"""Records no commit can ever hold, found one by one, so that one run's odd value does not keep all others waiting."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from services.executor.adapters.ledger.database import Database, LedgerMovedError
from services.executor.adapters.ledger.statements import STATEMENTS
from services.executor.adapters.ledger.trouble import said
from services.executor.core.records import AnyRecord

_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Unholdable:
    """A record as it was to be written, what of it can be, if anything, and why not all; no value is quoted."""

    record: AnyRecord
    rest: AnyRecord | None
    why: str


def is_about_values(error: BaseException) -> bool:
    """Whether a commit that failed so will fail again, whatever becomes of the disk."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError | MemoryError | LedgerMovedError | sqlite3.OperationalError):
        return False
    # A file that is damaged or is no database is said with the plain class.
    return type(cause) is not sqlite3.DatabaseError


def find_unholdable(database: Database, records: Iterable[AnyRecord]) -> list[Unholdable]:
    """Try each by itself, in their order, and keep nothing. Raises what has nothing to do with a record's values."""
    found = []
    with database.writer.connect() as connection:
        for record in records:
            why = _refusal(connection, record)
            if why is not None:
                rest = _without_the_odd(record)
                found.append(Unholdable(record, None if _refusal(connection, rest) else rest, why))
        connection.rollback()
    return found


def _refusal(connection: Connection, record: AnyRecord) -> str | None:
    statement = STATEMENTS[type(record)]
    try:
        connection.exec_driver_sql(statement.sql, statement.row_of(record))
    except Exception as error:
        if not is_about_values(error):
            raise
        return said(error)
    return None


def _without_the_odd(record: AnyRecord) -> AnyRecord:
    changes = {name: _held(getattr(record, name)) for name in record.__struct_fields__}
    return msgspec.structs.replace(record, **changes)


def _held(value: Any) -> Any:
    """The value, or as much of it as a column can hold."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, int):
        return value if _LEAST <= value <= _MOST else None
    return value if isinstance(value, float | bytes) else None
