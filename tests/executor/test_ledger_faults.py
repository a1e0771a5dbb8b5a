"""A ledger that cannot be written says why, loses nothing, and writes it all once and in order when it can."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import anyio
import pytest

from services.executor.adapters.ledger import trouble as ledger_trouble
from services.executor.adapters.ledger.database import LedgerUnusableError, open_database
from services.executor.adapters.ledger.ledger import SqliteLedger
from services.executor.adapters.ledger.reader import LedgerReader
from services.executor.core.records import Instructions
from services.executor.errors import LedgerUnreadableError
from tests.executor.ledger_disk import Disk, a_line, in_trouble, on_disk, overwrite


@contextmanager
def full(disk: Disk) -> Iterator[None]:
    disk.fill()
    yield
    disk.mend()


@contextmanager
def read_only(disk: Disk) -> Iterator[None]:
    disk.write_protect()
    yield
    disk.mend()


@contextmanager
def locked(disk: Disk) -> Iterator[None]:
    with disk.held_by_another_process():
        yield


@contextmanager
def taken_away(disk: Disk) -> Iterator[None]:
    disk.take_away()
    yield
    disk.put_back()


@contextmanager
def damaged(disk: Disk) -> Iterator[None]:
    whole = disk.damage()
    yield
    overwrite(disk.path, whole)


@contextmanager
def frozen(disk: Disk) -> Iterator[None]:
    disk.freeze()
    try:
        yield
    finally:
        disk.thaw()


async def lines(ledger: SqliteLedger) -> list[bytes]:
    return await ledger.lines("r", after=0, most=10_000, most_bytes=1 << 30)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (full, "database or disk is full"),
        (read_only, "attempt to write a readonly database"),
        (locked, "database is locked"),
        (taken_away, "was removed or replaced while it was in use"),
        (damaged, "database disk image is malformed"),
        (frozen, "the disk has not answered for"),
    ],
)
async def test_what_is_written_in_trouble_waits_and_is_committed_once_and_in_order(
    trouble: Callable[[Disk], AbstractContextManager[None]], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_trouble, "SLOW_AFTER_S", 0.2)
    committed: list[int] = []
    async with on_disk(tmp_path) as (ledger, disk):
        ledger.tell(lambda _run_id, last_seq: committed.append(last_seq))
        ledger.write("r", 1, [a_line(1), a_line(2)], [])
        await ledger.flush()
        assert ledger.trouble is None
        with trouble(disk):
            first = ledger.write("r", 3, [a_line(3)], [])
            await in_trouble(ledger, words)
            for seq in range(4, 104):
                ledger.write("r", seq, [a_line(seq)], [])
            assert ledger.pending == 101
            assert not first._done.is_set()
        await ledger.flush()
        assert ledger.trouble is None
        assert ledger.pending == 0
        assert await lines(ledger) == [a_line(seq) for seq in range(1, 104)]
        assert committed == [2, 3, 103]


async def test_a_text_no_ledger_can_hold_is_told_quotes_nothing_and_keeps_no_other_waiting(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[tuple[str, str]] = []
    async with on_disk(tmp_path) as (ledger, _disk):
        ledger.tell_unholdable(lambda run_id, why: told.append((run_id, why)))
        poison = Instructions(run_id="r", phase="generation", text="a secret \ud800 word")
        ledger.write("r", 1, [a_line(1)], [poison])
        ledger.write("s", 1, [a_line(1)], [Instructions(run_id="s", phase="generation", text="a word")])
        with anyio.fail_after(60):
            await ledger.flush()
        assert [run_id for run_id, _ in told] == ["r"]
        assert ledger.trouble is None
        reader = LedgerReader(ledger._database.readers)
        kept = [await reader.instructions(run_id, "generation") for run_id in ("r", "s")]
        assert [item and item.text for item in kept] == ["a secret ? word", "a word"]
        assert await lines(ledger) == [a_line(1)]
    assert "secret" not in "".join(capfd.readouterr()) + told[0][1]


def breaks(_connection: object) -> None:
    raise ValueError("something nobody thought of")


async def test_an_error_of_ours_that_is_no_value_s_stops_the_writer_visibly_and_takes_nothing_with_it(
    tmp_path: Path,
) -> None:
    async with on_disk(tmp_path) as (ledger, _disk):
        ledger.write("r", 1, [a_line(1)], [])
        ledger._open.operations.append(breaks)
        await in_trouble(ledger, "an error in the executor: ValueError")
        assert ledger._under_way is not None
        ledger._under_way.operations.clear()
        await ledger.flush()
        assert await lines(ledger) == [a_line(1)]


async def test_while_one_waits_for_the_disk_others_can_read(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as (ledger, disk):
        with disk.held_by_another_process():
            ledger.write("r", 1, [a_line(1)], [])
            await in_trouble(ledger, "locked")
            assert await LedgerReader(ledger._database.readers).run("r") is not None


async def test_a_damaged_file_is_an_error_for_whoever_reads_it_and_names_what_is_wrong(tmp_path: Path) -> None:
    async with on_disk(tmp_path) as (ledger, disk):
        ledger.write("r", 1, [a_line(1)], [])
        await ledger.flush()
        whole = disk.damage()
        await ledger._database.readers.dispose()
        with pytest.raises(LedgerUnreadableError, match="malformed"):
            await lines(ledger)
        overwrite(disk.path, whole)
        await ledger._database.readers.dispose()
        assert await lines(ledger) == [a_line(1)]


@pytest.mark.parametrize("content", [b"no database at all, " * 500, None])
async def test_a_damaged_file_is_found_at_the_start_with_its_name_and_what_to_do(
    content: bytes | None, tmp_path: Path
) -> None:
    async with on_disk(tmp_path) as (ledger, disk):
        ledger.write("r", 1, [a_line(1)], [])
        await ledger.flush()
    path = tmp_path / "ledger.sqlite3"
    if content is None:
        disk.damage()
    else:
        path.write_bytes(content)
    with pytest.raises(LedgerUnusableError) as caught:
        async with open_database(path):
            pass
    said = str(caught.value)
    assert str(path) in said
    assert "put a copy back" in said


async def test_closing_in_trouble_ends_and_says_how_much_was_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("services.executor.adapters.ledger.ledger.CLOSE_LIMIT_S", 0.1)
    with anyio.fail_after(60):
        async with on_disk(tmp_path) as (ledger, disk):
            disk.fill()
            ledger.write("r", 1, [a_line(1), a_line(2)], [])
            await in_trouble(ledger, "full")
    assert "could not be written to the end" in capsys.readouterr().out
