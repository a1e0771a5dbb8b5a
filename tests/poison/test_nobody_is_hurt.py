"""While everything poisonous is posted from many sides at once, another run and its viewers see nothing of it."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.poison.events import CLOUD_POISONS, MARK, POISONS
from tests.poison.raw_http import head, speak
from tests.telemetry.server import Frame, Server, finished, log, numbered

WRITERS = 4
GROWTH_LIMIT_BYTES = 200 * 1024 * 1024
"""How much memory a storm of bodies of up to 20 MB may leave behind; each is held whole once at most."""
HUGE = b'{"type":"myapp.pOiSoN","data":"' + b"x" * 20_000_000 + b'"}'


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.close()


def memory_bytes(server: Server) -> int:
    assert server.process is not None
    found: int = psutil.Process(server.process.pid).memory_info().rss
    return found


def subscribers(server: Server) -> float:
    lines = [line for line in server.get("/metrics").text.splitlines() if line.startswith("acm2_subscribers{")]
    return sum(float(line.split()[-1]) for line in lines)


def poison(server: Server, writer: int) -> int:
    """Everything there is, to the writer's own runs and to one they share; returns how many had to be refused."""
    refused = 0
    with httpx.Client(timeout=30, trust_env=False) as client:

        def post(run: str, body: bytes, content_type: str) -> None:
            nonlocal refused
            answer = client.post(
                f"{server.url}/runs/{run}/events", content=body, headers={"Content-Type": content_type}
            )
            assert 400 <= answer.status_code < 500, answer.text
            refused += 1

        for number, one in enumerate(POISONS[writer::2]):
            post("shared" if number % 2 else f"poison-{writer}", one.text, "application/x-ndjson")
        for one in CLOUD_POISONS:
            post(f"poison-{writer}", one.text, "application/cloudevents+json")
        post(f"poison-{writer}", HUGE, "application/json")
    half = head("POST", "/runs/shared/events", "Content-Type: application/json", "Content-Length: 9999")
    for _ in range(20):
        speak(server.url, half + b'[{"type":"myapp.pOiSoN"},', stop=True)
        speak(server.url, b"pOiSoN\r\n\r\n")
    return refused


def test_a_storm_of_poison_hurts_no_other_run_and_no_viewer(own: Server) -> None:
    own.send("warm", HUGE)
    before_bytes = memory_bytes(own)
    seen: dict[str, list[Frame]] = {}

    def watch(view: str) -> None:
        seen[view] = own.frames(f"/runs/bystander/{view}")

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        watching = [pool.submit(watch, view) for view in ("events", "live")]
        own.wait_until("both watch", lambda: subscribers(own) == 2)
        storm = [pool.submit(poison, own, writer) for writer in range(WRITERS)]
        last = 0
        for seq in itertools.count(1):
            assert own.post("bystander", *numbered(seq, log(f"line {seq}"))).json()["high_water"] == seq
            last = seq
            if all(one.done() for one in storm):
                break
        own.post("bystander", *numbered(last + 1, finished(events=last)))
        refused = sum(one.result() for one in storm)
        for one in watching:
            one.result()
    logged = [frame.id for frame in seen["events"] if frame.event == "log"]
    assert logged == [f"k3v9-{seq}" for seq in range(1, last + 1)]
    assert [frame.id for frame in seen["live"] if frame.event == "log"] == logged
    assert seen["events"][-1].data["complete"] is True
    assert own.run("bystander")["rejected"] == 0
    runs = ["shared", *(f"poison-{writer}" for writer in range(WRITERS))]
    assert sum(own.get(f"/runs/{run}/rejected").json()["count"] for run in runs) == refused
    assert own.metric("acm2_faults_total") == 0
    assert own.get("/health/ready").status_code == 200
    assert memory_bytes(own) - before_bytes < GROWTH_LIMIT_BYTES
    assert MARK not in own.errors
    assert "Traceback" not in own.errors
