"""One process per data folder, whatever becomes of the first."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.process.data_dir import DataDirHeldError, DataDirUnusableError, hold

HOLDER = """
import sys, pathlib, subprocess
from services.process.data_dir import hold
with hold(pathlib.Path(sys.argv[1])):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that holds the folder, and the number of a child of its that may outlive it."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            yield process, child
        finally:
            os.kill(child, signal.SIGKILL)
            process.kill()


def test_the_second_is_told_who_holds_it_and_since_when(tmp_path: Path) -> None:
    with holder(tmp_path) as (first, _child):
        said = rf"in use by process {first.pid} since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"
        with pytest.raises(DataDirHeldError, match=said), hold(tmp_path):
            pass


def test_a_holder_that_is_stopped_holds_on(tmp_path: Path) -> None:
    with holder(tmp_path) as (first, _child):
        first.send_signal(signal.SIGSTOP)
        with pytest.raises(DataDirHeldError, match=f"process {first.pid} "), hold(tmp_path):
            pass


def test_the_folder_is_free_at_once_when_its_holder_was_killed_even_if_its_children_live_on(tmp_path: Path) -> None:
    with holder(tmp_path) as (first, _child):
        first.kill()
        first.wait(10)
        with hold(tmp_path) as folder:
            assert (folder / "holder").read_text().startswith(f"process {os.getpid()} since ")
    assert not (tmp_path / "holder").exists()


@pytest.mark.parametrize("note", ["", "process 4194305 since yesterday", "nonsense", "process x"])
def test_a_note_of_somebody_who_is_gone_names_nobody(note: str, tmp_path: Path) -> None:
    with holder(tmp_path) as (_first, _child):
        (tmp_path / "holder").write_text(note)
        with pytest.raises(DataDirHeldError, match="in use by another process"), hold(tmp_path):
            pass


@pytest.mark.parametrize("place", ["/proc/nowhere", "file/below"])
def test_a_folder_that_cannot_be_is_named_with_the_reason(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DataDirUnusableError, match=r"cannot be used: .*choose another --data-dir"),
        hold(tmp_path / place),
    ):
        pass
