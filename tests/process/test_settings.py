import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.process.data_dir import DataDirHeldError, hold
from services.process.settings import OpenHostError, Settings

HOLDER = """
import sys, pathlib
from services.process.data_dir import hold
with hold(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_all_mistakes_are_reported_together() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(telemetry_port=70_000, public_url="acm2.example.org")
    assert {error["loc"][0] for error in caught.value.errors()} == {"telemetry_port", "public_url"}


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACM2_ALLOWED_HOSTS", "telemetry, stats.example.org")
    monkeypatch.setenv("ACM2_DATA_DIR", "/tmp/somewhere")
    settings = Settings()
    assert settings.allowed_hosts == {"telemetry", "stats.example.org"}
    assert settings.data_dir == Path("/tmp/somewhere")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "acm2.example.org"])
def test_a_host_others_can_reach_is_refused_with_the_way_out(host: str) -> None:
    with pytest.raises(OpenHostError, match="--insecure"):
        Settings(host=host).check_host()
    Settings(host=host, insecure=True).check_host()


def test_a_second_process_on_a_data_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ),
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(DataDirHeldError, match=f"process {child.pid}"), hold(tmp_path):
            pass
        child.kill()
        child.wait(10)
    with hold(tmp_path) as folder:
        assert (folder / "holder").read_text() == f"process {os.getpid()}"
