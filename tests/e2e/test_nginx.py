"""Through a real nginx with its default buffering, a viewer sees what happens when it happens."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import httpx_sse
import pytest

from tests.e2e.stack import START_LIMIT_S, free_port, running_stack
from tests.proofs import needs

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {upstream}; proxy_http_version 1.1; proxy_set_header Host $http_host; }}
  }}
}}
"""


@contextmanager
def nginx_before(upstream: str, folder: Path) -> Iterator[str]:
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, upstream=upstream))
    process = subprocess.Popen(["nginx", "-e", str(folder / "start.log"), "-p", str(folder), "-c", str(config)])
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < deadline, (folder / "error.log").read_text()
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(20)


@pytest.mark.parametrize("view", ["events", "live"])
def test_each_event_passes_a_buffering_proxy_before_the_next_is_posted(tmp_path: Path, view: str) -> None:
    needs("nginx", "streams through a real proxy")
    with (
        running_stack(tmp_path) as stack,
        nginx_before(stack.telemetry.url, tmp_path) as proxy,
        httpx.Client(timeout=httpx.Timeout(10, read=20)) as client,
        httpx_sse.connect_sse(client, "GET", f"{proxy}/runs/r/{view}") as source,
    ):
        frames = source.iter_sse()
        assert next(frames).event == "hello"
        for number in range(5):
            event = {"type": "myapp.step", "data": {"n": number}}
            stack.client.post(f"{proxy}/runs/r/events", json=event).raise_for_status()
            seen = next(frame for frame in frames if frame.event == "myapp.step")
            assert seen.json()["data"] == {"n": number}
        stack.client.post(f"{proxy}/runs/r/events", json={"type": "run_finished", "data": {"status": "completed"}})
        assert [frame.event for frame in frames][-1] == "end"
