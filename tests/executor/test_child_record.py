"""What outlives a killed executor is ended by its next life, and nobody else is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from services.executor.adapters.processes.child_record import ChildRecord, end_left_behind
from services.executor.adapters.processes.proc_stat import proc_stat

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="start times are known on Linux")]

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(__file__).parent / "leaving_pool.py"


@contextmanager
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def test_workers_and_model_server_that_survive_a_kill_are_ended_by_the_next_life(tmp_path: Path) -> None:
    record = tmp_path / "children.json"
    command = [sys.executable, str(PROGRAM), str(record)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as executor:
        assert executor.stdout is not None
        left = [int(pid) for pid in executor.stdout.readline().split()]
        executor.kill()
    assert len(left) == 3
    try:
        assert all(psutil.pid_exists(pid) for pid in left)
        assert sorted(end_left_behind(record)) == sorted(left)
        _, alive = psutil.wait_procs([psutil.Process(pid) for pid in left if psutil.pid_exists(pid)], timeout=10)
        assert not alive
    finally:
        for pid in left:
            if psutil.pid_exists(pid):
                psutil.Process(pid).kill()
    assert end_left_behind(record) == []


def test_a_number_that_was_given_to_somebody_else_is_left_alone(tmp_path: Path) -> None:
    record = tmp_path / "children.json"
    with sleeper() as process:
        ChildRecord(record).began(process.pid)
        stored = json.loads(record.read_text())
        stored["children"][0]["started"] -= 1
        record.write_text(json.dumps(stored))
        assert end_left_behind(record) == []
        assert process.poll() is None


def test_numbers_of_another_boot_or_container_are_left_alone(tmp_path: Path) -> None:
    record = tmp_path / "children.json"
    with sleeper() as process:
        ChildRecord(record).began(process.pid)
        stored = json.loads(record.read_text())
        record.write_text(json.dumps({**stored, "space": "another boot pid:[1]"}))
        assert end_left_behind(record) == []
        assert process.poll() is None


def test_what_has_ended_is_no_longer_recorded(tmp_path: Path) -> None:
    record = ChildRecord(tmp_path / "children.json")
    with sleeper() as one, sleeper() as two:
        record.began(one.pid)
        record.began(two.pid)
        record.ended(one.pid)
        stored = json.loads((tmp_path / "children.json").read_text())
        assert [child["pid"] for child in stored["children"]] == [two.pid]
    assert list(tmp_path.iterdir()) == [tmp_path / "children.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"space": "x", "children": [{"pid": "1"}]}'])
def test_a_record_that_cannot_be_read_ends_nobody_and_stops_nothing(content: bytes, tmp_path: Path) -> None:
    record = tmp_path / "children.json"
    record.write_bytes(content)
    assert end_left_behind(record) == []


def test_a_record_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    with sleeper() as process:
        ChildRecord(tmp_path / "nowhere" / "children.json").began(process.pid)


def test_a_process_is_told_from_another_by_its_start_and_a_name_may_hold_anything(tmp_path: Path) -> None:
    program = tmp_path / ") S 1 2 3 ("
    program.symlink_to(sys.executable)
    with subprocess.Popen([str(program), "-c", "import time; time.sleep(600)"]) as process:
        found, own = proc_stat(process.pid), proc_stat(os.getpid())
        process.kill()
    assert found is not None
    assert own is not None
    assert found.started >= own.started
    assert proc_stat(2**22 + 1) is None
