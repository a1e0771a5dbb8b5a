"""A ledger over a disk that can be filled, frozen, made read-only, taken away and damaged, each the way it really is."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
from sqlalchemy import event

from services.executor.adapters.ledger.database import Database, open_database
from services.executor.adapters.ledger.ledger import SqliteLedger, open_ledger
from services.executor.core.records import NewRun
from shared.stored import write_line

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


class Disk:
    """What the writer's connections meet. Every change holds from the next connection on."""

    def __init__(self, database: Database) -> None:
        self.path = database.path
        self._writer = database.writer
        self._pragmas: list[str] = []
        self._gate = threading.Event()
        self._gate.set()
        event.listen(self._writer, "connect", self._connected)
        event.listen(self._writer, "begin", lambda _connection: self._gate.wait())

    def _connected(self, connection: Any, _record: object) -> None:
        for pragma in self._pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def _begin(self, *pragmas: str) -> None:
        self._pragmas = list(pragmas)
        self._writer.dispose()

    def fill(self) -> None:
        self._begin("max_page_count=1")

    def write_protect(self) -> None:
        self._begin("query_only=1")

    def mend(self) -> None:
        self._begin()

    def freeze(self) -> None:
        self._gate.clear()

    def thaw(self) -> None:
        self._gate.set()

    @contextmanager
    def held_by_another_process(self) -> Iterator[None]:
        command = [sys.executable, "-c", HOLDER, str(self.path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            yield
            holder.kill()

    def take_away(self) -> None:
        self.path.rename(self.path.with_suffix(".away"))

    def put_back(self) -> None:
        self.path.with_suffix(".away").rename(self.path)

    def damage(self) -> bytes:
        """Overwrites all but the first page; returns what the file held."""
        self._writer.dispose()
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.close()
        whole = self.path.read_bytes()
        overwrite(self.path, whole[:page_bytes] + b"\x99" * (len(whole) - page_bytes))
        return whole


def overwrite(path: Path, content: bytes) -> None:
    """Without making another file of it."""
    with path.open("r+b") as file:
        file.write(content)


@asynccontextmanager
async def on_disk(folder: Path) -> AsyncIterator[tuple[SqliteLedger, Disk]]:
    """A ledger with one run in it, and its disk."""
    with anyio.fail_after(60):
        async with open_database(folder / "ledger.sqlite3") as database, open_ledger(database) as ledger:
            ledger.write("r", 1, [], [a_run()])
            await ledger.flush()
            yield ledger, Disk(database)


def a_run(run_id: str = "r") -> NewRun:
    return NewRun(
        run_id=run_id,
        epoch="e",
        created_ms=1,
        preset=None,
        request_sha256="",
        config="{}",
        planned_calls=1,
        max_requests_total=1,
    )


def a_line(seq: int, run_id: str = "r") -> bytes:
    """A line too long for what room a page has left."""
    time, data = "2026-11-22T10:00:00.000Z", b'{"message":"' + b"m" * 9000 + b'"}'
    return write_line(type_="log", run_id=run_id, seq=seq, epoch="e", id_=None, time=time, data=data)


async def in_trouble(ledger: SqliteLedger, words: str) -> None:
    """Return when the ledger says so."""
    while words not in (ledger.trouble or ""):  # noqa: ASYNC110  (a test looks at what nobody else has to be told)
        await anyio.sleep(0.01)
