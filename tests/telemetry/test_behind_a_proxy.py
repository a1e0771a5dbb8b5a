"""A stream through a real nginx with its default settings: buffering is on there, and must not matter."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs import needs
from tests.telemetry.server import Server, log, numbered

CONFIG = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  gzip on; gzip_types *;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {url}; proxy_http_version 1.1; }} }}
}}
"""


@pytest.fixture
def proxy(telemetry: Server, tmp_path: Path) -> Iterator[Server]:
    needs("nginx", "streams through a real proxy")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = tmp_path / "nginx.conf"
    file.write_text(CONFIG.format(folder=tmp_path, port=port, url=telemetry.url))
    process = subprocess.Popen(["nginx", "-c", str(file), "-p", str(tmp_path)], stderr=subprocess.DEVNULL)
    behind = Server(tmp_path, url=f"http://127.0.0.1:{port}")
    behind.wait_until("nginx listens", lambda: _answers(port))
    yield behind
    behind.close()
    process.terminate()
    process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("view", ["events", "live"])
def test_frames_come_through_at_once(proxy: Server, run: str, view: str) -> None:
    with proxy.stream(f"/runs/{run}/{view}", **{"Accept-Encoding": "gzip"}) as stream:
        assert stream.next().event == "hello"
        for seq in range(1, 5):
            assert proxy.post(run, *numbered(seq, log("x"))).status_code == 200
            while (frame := stream.next()).event != "log":
                pass
            assert frame.id == f"k3v9-{seq}"
