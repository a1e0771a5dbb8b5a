"""Researches over the executor's own deaths: no program outlives it, no number is lost, and a resume goes on."""

import os
import signal
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.executor.research_provider import research_provider
from tests.executor.research_service import KEY, PROGRAM, config
from tests.executor.service import Process
from tests.executor.test_service import run_of, until

pytestmark = pytest.mark.e2e


def python_for(folder: Path) -> str:
    """What is started in place of the other environment's Python: the fake program, whatever it is told to run."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAM}"\n')
    python.chmod(0o755)
    return str(python)


def programs(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if str(PROGRAM) in " ".join(child.cmdline())]


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_its_program_goes_with_the_executor_and_the_research_is_made_anew_after_it(
    number: signal.Signals, tmp_path: Path
) -> None:
    with research_provider(200, "hold") as provider:
        environ = {
            "ACM2_GPT_RESEARCHER_PYTHON": python_for(tmp_path),
            "MYLAB_BASE_URL": provider.base_url,
            "MYLAB_API_KEY": KEY,
            "ACM2_AUTO_RESUME": "0",
        }
        made = Process(tmp_path, **environ)
        process = made.start()
        body = {"config": config("ask", "ask", "pid"), "run_id": "r"}
        answer = httpx.post(f"{made.url}/runs", json=body, trust_env=False)
        assert answer.status_code == 201, answer.text
        until(lambda: provider.requests == 2)
        [program] = programs(process.pid)
        # No key is in the program's surroundings, nor on its command line.
        assert KEY not in " ".join([*program.cmdline(), *program.environ().values()])
        assert Path(program.environ()["HOME"]).stat().st_mode & 0o077 == 0
        os.kill(process.pid, number)
        made.stop(number)
        until(lambda: is_gone(program))
        again = Process(tmp_path, **environ)
        again.start()
        try:
            run = run_of(again.url, "r")
            assert run["status"] == "interrupted"
            assert (run["stats"]["attempts"], run["stats"]["uncertain_attempts"]) == (2, 1)
            assert list((tmp_path / "executor" / "research").glob("*")) == []
            assert httpx.post(f"{again.url}/runs/r/resume", trust_env=False).is_success
            until(lambda: run_of(again.url, "r")["status"] == "completed")
            stats = run_of(again.url, "r")["stats"]
        finally:
            again.stop()
    assert provider.requests == stats["attempts"] == 4
    assert stats["violations"] == []
