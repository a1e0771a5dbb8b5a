"""The executor as a process: how it starts, how it stops, and what a kill leaves behind."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.executor.configs import a_config
from tests.executor.service import ROOT, Process, service

pytestmark = pytest.mark.e2e

SCRIPT = "steps: [{text: slow, delay_s: 60}]\n"


def slow_run(url: str, folder: Path, run_id: str) -> None:
    script = folder / "slow.yaml"
    script.write_text(SCRIPT)
    config = a_config(docs=4, generation={"models": [{"provider": "scripted", "model": str(script)}]})
    answer = httpx.post(f"{url}/runs", json={"config": config, "run_id": run_id}, trust_env=False)
    assert answer.status_code == 201, answer.text
    until(lambda: stats(url, run_id)["attempts"] == 4)


def run_of(url: str, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{url}/runs/{run_id}", trust_env=False).json()
    return found


def stats(url: str, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = run_of(url, run_id)["stats"]
    return found


def until(condition: Callable[[], bool], limit_s: float = 30) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.02)


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_killed_it_says_after_a_restart_what_was_under_way_and_leaves_no_process_behind(tmp_path: Path) -> None:
    made = Process(tmp_path)
    process = made.start()
    slow_run(made.url, tmp_path, "r")
    workers = children(process)
    assert workers
    assert made.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers))
    with service(tmp_path, ACM2_AUTO_RESUME="0") as again:
        run = run_of(again.url, "r")
        assert run["status"] == "interrupted"
        numbers = run["stats"]
        assert (numbers["attempts"], numbers["uncertain_attempts"], numbers["failed_attempts"]) == (4, 4, 4)
        assert numbers["violations"] == []
        cancelled = httpx.post(f"{again.url}/runs/r/cancel", trust_env=False)
        assert cancelled.json()["status"] == "cancelled"


def test_told_to_stop_it_interrupts_its_runs_and_ends_with_all_its_children(tmp_path: Path) -> None:
    made = Process(tmp_path)
    process = made.start()
    slow_run(made.url, tmp_path, "r")
    workers = children(process)
    assert made.stop(signal.SIGTERM) == 0
    assert not any(worker.is_running() for worker in workers)
    with service(tmp_path, ACM2_AUTO_RESUME="0") as again:
        run = run_of(again.url, "r")
        assert run["status"] == "interrupted"
        assert run["stats"]["failed_attempts"] == 4
        assert run["stats"]["in_flight"] == 4


def ended(environ: dict[str, str]) -> tuple[int, str]:
    command = [sys.executable, "-m", "services.executor"]
    found = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, timeout=60, check=False
    )
    return found.returncode, found.stderr.decode()


def test_a_second_process_in_the_same_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    with service(tmp_path) as first:
        assert first.process is not None
        code, said = ended({"ACM2_DATA_DIR": str(tmp_path), "ACM2_EXECUTOR_PORT": "0"})
        assert code == 73
        assert str(first.process.pid) in said


def test_a_taken_port_is_a_clear_message(tmp_path: Path) -> None:
    with service(tmp_path / "one") as first:
        code, said = ended({"ACM2_DATA_DIR": str(tmp_path / "two"), "ACM2_EXECUTOR_PORT": str(first.port)})
        assert code == 69
        assert str(first.port) in said


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ACM2_HOST": "0.0.0.0"}, "--insecure"),
        ({"ACM2_EXECUTOR_PORT": "x", "ACM2_TELEMETRY_URL": "nowhere"}, "ACM2_TELEMETRY_URL"),
        ({"ACM2_WORKERS": "0"}, "ACM2_WORKERS"),
    ],
)
def test_a_setting_that_cannot_be_is_usage(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    code, said = ended({"ACM2_DATA_DIR": str(tmp_path), **environ})
    assert code == 64
    assert words in said


def test_a_ledger_of_another_version_is_left_alone(tmp_path: Path) -> None:
    with service(tmp_path):
        pass
    database = tmp_path / "executor" / "ledger.sqlite3"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    code, said = ended({"ACM2_DATA_DIR": str(tmp_path), "ACM2_EXECUTOR_PORT": "0"})
    assert code == 74
    assert "version 99" in said


def test_a_file_that_is_no_ledger_is_a_clear_message(tmp_path: Path) -> None:
    (tmp_path / "executor").mkdir()
    (tmp_path / "executor" / "ledger.sqlite3").write_text("no database at all, " * 100)
    code, said = ended({"ACM2_DATA_DIR": str(tmp_path), "ACM2_EXECUTOR_PORT": "0"})
    assert code == 74
    assert "Traceback" not in said
    assert "ledger.sqlite3" in said
