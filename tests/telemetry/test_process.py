"""The process: where it listens, whose folder it is, what it says when it cannot start."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from services.process import exit_codes
from tests.telemetry.server import Server, log, numbered


def start(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.telemetry"],
        env={**os.environ, "ACM2_TELEMETRY_PORT": "0", "ACM2_DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_process_for_a_folder_is_told_who_holds_it(own: Server) -> None:
    assert own.process is not None
    second = start(own.folder)
    assert second.returncode == exit_codes.HELD
    assert f"process {own.process.pid}" in second.stderr
    assert own.get("/health/ready").status_code == 200


def test_a_port_that_is_taken_is_a_clear_message(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = start(tmp_path, ACM2_TELEMETRY_PORT=port)
    assert ended.returncode == exit_codes.UNREACHABLE
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_host_others_can_reach_is_refused_with_the_way_out(tmp_path: Path) -> None:
    ended = start(tmp_path, ACM2_HOST="0.0.0.0")
    assert ended.returncode == exit_codes.USAGE
    assert "--insecure" in ended.stderr


def test_a_log_of_another_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "telemetry").mkdir()
    file = tmp_path / "telemetry" / "events.sqlite3"
    file.write_bytes(b"this is no database, whatever it is" * 100)
    ended = start(tmp_path)
    assert ended.returncode == exit_codes.STORAGE
    assert "cannot be used" in ended.stderr
    assert file.read_bytes().startswith(b"this is no database")


def test_both_signals_end_it_in_good_order(own: Server) -> None:
    own.post("a", *numbered(1, log("1")))
    assert own.stop(signal.SIGINT) == exit_codes.OK
    own.start()
    assert own.stop(signal.SIGTERM) == exit_codes.OK


def test_one_connection_carries_many_requests(own: Server) -> None:
    for seq in range(1, 50):
        own.post("a", *numbered(seq, log("x")))
    assert own.run("a")["count"] == 49
