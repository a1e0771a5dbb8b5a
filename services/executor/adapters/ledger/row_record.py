"""A row as the record it is, also where a column holds what this program would not have written."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, TypeVar

import msgspec
import structlog
from sqlalchemy import RowMapping

T = TypeVar("T", bound=msgspec.Struct)

_MOST = 2**63

log = structlog.get_logger()


def readable(kind: type[T], rows: Iterable[RowMapping]) -> list[T]:
    """Those that can be read: one row that means nothing must not take the other runs' with it."""
    found = []
    for row in rows:
        try:
            found.append(record_of(kind, {str(name): value for name, value in row.items()}))
        except msgspec.ValidationError:
            what = f"a {kind.__name__} in the ledger cannot be read; it is left out"
            log.error(what, run_id=str(row["run_id"]))  # noqa: TRY400 - the error quotes a value
    return found


def record_of(kind: type[T], values: Mapping[str, Any]) -> T:
    """The record with these values; raises ``msgspec.ValidationError`` where one means nothing at all.

    SQLite keeps in any column what it is given: a number with a fraction is cut to a whole one where one belongs, and
    what cannot be read counts as unknown where that may be.
    """
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError:
        kinds = {field.name: field.type for field in msgspec.structs.fields(kind)}
        mended = {name: _mended(value, kinds[name]) for name, value in values.items() if name in kinds}
        return msgspec.convert(mended, kind)


def _mended(value: Any, kind: Any) -> Any:
    whole = int(value) if isinstance(value, float) and isfinite(value) else value
    for read in (value, whole, None):
        if type(read) is int and not -_MOST <= read < _MOST:
            continue
        try:
            return msgspec.convert(read, kind, strict=False)
        except msgspec.ValidationError:
            continue
    return value
