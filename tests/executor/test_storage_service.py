"""The executor as a process whose disk, files or workers fail it: it says so, goes on, and sends nothing unledgered."""

import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.executor.configs import a_config
from tests.executor.service import Process, service
from tests.executor.test_service import ended, run_of, slow_run, until

pytestmark = pytest.mark.e2e

QUICK = "steps: [{text: An answer., delay_s: 0.05}]\n"


@contextmanager
def no_room(pid: int) -> Iterator[None]:
    """No file of this process can grow."""
    process = psutil.Process(pid)
    before = process.rlimit(resource.RLIMIT_FSIZE)
    process.rlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    yield
    process.rlimit(resource.RLIMIT_FSIZE, before)


def start(url: str, folder: Path, run_id: str, docs: int) -> httpx.Response:
    script = folder / "quick.yaml"
    script.write_text(QUICK)
    models = [{"provider": "scripted", "model": str(script)}]
    config = a_config(docs=docs, generation={"models": models}, limits={"concurrency": 2})
    return httpx.post(f"{url}/runs", json={"config": config, "run_id": run_id}, trust_env=False)


def obstacles(url: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{url}/health/ready", trust_env=False).json().get("obstacles", {})
    return found


def test_a_run_whose_disk_is_full_stands_still_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        assert made.process is not None
        assert start(made.url, tmp_path, "r", docs=60).status_code == 201
        until(lambda: run_of(made.url, "r")["stats"]["successful_calls"] >= 4)
        with no_room(made.process.pid):
            until(lambda: "ledger" in obstacles(made.url))
            assert "I/O error" in obstacles(made.url)["ledger"]
            assert httpx.get(f"{made.url}/runs", trust_env=False).is_success
            refused = start(made.url, tmp_path, "other", docs=1)
            assert refused.status_code == 503
            assert "Retry-After" in refused.headers
            until(lambda: run_of(made.url, "r")["stats"]["in_flight"] <= 2)
        until(lambda: run_of(made.url, "r")["status"] == "completed")
        stats = run_of(made.url, "r")["stats"]
        assert (stats["successful_calls"], stats["attempts"], stats["violations"]) == (60, 60, [])
        assert obstacles(made.url) == {}


def test_a_damaged_ledger_is_named_at_the_start_with_what_to_do(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        assert start(made.url, tmp_path, "r", docs=3).status_code == 201
        until(lambda: run_of(made.url, "r")["status"] == "completed")
        assert made.stop() == 0
    path = tmp_path / "executor" / "ledger.sqlite3"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x77" * (len(whole) - 4096))
    code, said = ended({"ACM2_DATA_DIR": str(tmp_path), "ACM2_EXECUTOR_PORT": "0"})
    assert code == 74
    assert str(path) in said
    assert "put a copy back" in said
    assert "Traceback" not in said
    path.write_bytes(whole)
    with service(tmp_path) as again:
        assert run_of(again.url, "r")["status"] == "completed"


def test_a_ledger_with_a_table_of_nonsense_is_named_too(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        assert start(made.url, tmp_path, "r", docs=3).status_code == 201
        until(lambda: run_of(made.url, "r")["status"] == "completed")
    with sqlite3.connect(tmp_path / "executor" / "ledger.sqlite3") as connection:
        connection.execute("ALTER TABLE runs RENAME COLUMN delivered_seq TO something_else")
    connection.close()
    code, said = ended({"ACM2_DATA_DIR": str(tmp_path), "ACM2_EXECUTOR_PORT": "0"})
    assert code == 74
    assert "ledger.sqlite3" in said


def test_events_that_are_no_events_are_named_at_the_start_too(tmp_path: Path) -> None:
    made = Process(tmp_path)
    made.start()
    slow_run(made.url, tmp_path, "r")
    made.stop(signal.SIGKILL)
    with sqlite3.connect(tmp_path / "executor" / "ledger.sqlite3") as connection:
        connection.execute("UPDATE events SET lines = x'ff00ff7b'")
    connection.close()
    code, said = ended({"ACM2_DATA_DIR": str(tmp_path), "ACM2_EXECUTOR_PORT": "0"})
    assert code == 74
    assert "ledger.sqlite3 cannot be used: a run's events in it are damaged" in said
    assert "Traceback" not in said


def test_a_data_folder_that_cannot_be_made_is_a_clear_message() -> None:
    code, said = ended({"ACM2_DATA_DIR": "/proc/nowhere", "ACM2_EXECUTOR_PORT": "0"})
    assert code == 74
    assert "/proc/nowhere" in said
    assert "Traceback" not in said


def test_a_stopped_executor_keeps_its_folder_and_a_killed_one_gives_it_back_at_once(tmp_path: Path) -> None:
    made = Process(tmp_path)
    first = made.start()
    first.send_signal(signal.SIGSTOP)
    code, said = ended({"ACM2_DATA_DIR": str(tmp_path), "ACM2_EXECUTOR_PORT": "0"})
    assert code == 73
    assert f"process {first.pid} since " in said
    made.stop(signal.SIGKILL)
    with service(tmp_path):
        pass
