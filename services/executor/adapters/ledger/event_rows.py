"""A run's stored lines in the database: some lines a row, found by seq."""

import json
from typing import Any, Self

from sqlalchemy import Connection, select, update

from services.executor.adapters.ledger.schema import EVENTS
from services.executor.adapters.ledger.statements import INSERT_EVENTS
from shared.digest import EMPTY, extend
from shared.stored import read_line, write_line
from shared.strict_json import dumps

MAX_LINES = 500
"""A row holds no more, so that reading a few events never means reading all."""

_ROWS_AT_A_TIME = 64


class EventRows:
    """Lines of one run that follow each other, from ``first_seq`` on."""

    __slots__ = ("first_seq", "lines")

    def __init__(self, first_seq: int) -> None:
        self.first_seq = first_seq
        self.lines: list[bytes] = []

    @property
    def last_seq(self) -> int:
        """The seq of the last line."""
        return self.first_seq + len(self.lines) - 1

    def write(self, connection: Connection, run_id: str) -> None:
        """Put the lines into the database."""
        rows = []
        for start in range(0, len(self.lines), MAX_LINES):
            part = self.lines[start : start + MAX_LINES]
            first = self.first_seq + start
            rows.append((run_id, first + len(part) - 1, first, b"\n".join(part)))
        connection.exec_driver_sql(INSERT_EVENTS, rows)

    @classmethod
    def load(cls, connection: Connection, run_id: str, *, after: int) -> list[Self]:
        """The rows that hold lines after a seq, in order, a bounded number of them."""
        found = connection.execute(
            select(EVENTS.c.first_seq, EVENTS.c.lines)
            .where(EVENTS.c.run_id == run_id, EVENTS.c.last_seq > after)
            .order_by(EVENTS.c.last_seq)
            .limit(_ROWS_AT_A_TIME)
        )
        loaded = []
        for first_seq, joined in found:
            rows = cls(first_seq)
            rows.lines = joined.split(b"\n")
            loaded.append(rows)
        return loaded

    @classmethod
    def read(cls, connection: Connection, run_id: str, after: int, most: int, most_bytes: int) -> list[bytes]:
        """The next lines after a seq, as many as fit, at least one if there is one."""
        lines: list[bytes] = []
        size = 0
        while True:
            loaded = cls.load(connection, run_id, after=after)
            for rows in loaded:
                for line in rows.lines[max(0, after + 1 - rows.first_seq) :]:
                    size += len(line) + 1
                    if lines and (len(lines) >= most or size > most_bytes):
                        return lines
                    lines.append(line)
                after = rows.last_seq
            if len(loaded) < _ROWS_AT_A_TIME:
                return lines


def replace_line(connection: Connection, run_id: str, seq: int, line: bytes) -> None:
    """Put ``line`` at ``seq`` and state in every later ``run_finished`` the digest of the log as it now is."""
    digest, after = EMPTY, 0
    while True:
        loaded = EventRows.load(connection, run_id, after=after)
        for rows in loaded:
            before = list(rows.lines)
            for index in range(len(rows.lines)):
                here = rows.first_seq + index
                if here == seq:
                    rows.lines[index] = line
                elif here > seq:
                    rows.lines[index] = _restated(rows.lines[index], digest)
                digest = extend(digest, [rows.lines[index]])
            if rows.lines != before:
                connection.execute(
                    update(EVENTS)
                    .where(EVENTS.c.run_id == run_id, EVENTS.c.last_seq == rows.last_seq)
                    .values(lines=b"\n".join(rows.lines))
                )
            after = rows.last_seq
        if len(loaded) < _ROWS_AT_A_TIME:
            return


def _restated(line: bytes, digest: bytes) -> bytes:
    stored = read_line(line)
    if stored.type != "run_finished":
        return line
    data: dict[str, Any] = json.loads(bytes(stored.data))
    data["digest"] = digest.hex()
    return write_line(
        type_=stored.type,
        run_id=stored.run_id,
        seq=stored.seq,
        epoch=stored.epoch,
        id_=stored.id,
        time=stored.time,
        data=dumps(data),
    )
