"""A telemetry service as a real process on a port of its own, and the ways its users talk to it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

START_LIMIT_S = 90.0
SILENCE_LIMIT_S = 15

Json = dict[str, Any]


@dataclass(frozen=True)
class Frame:
    """One event of a stream as it was sent: its own ``id`` only, not the last one there was."""

    event: str
    id: str | None
    data: Json
    retry: int | None
    fields: tuple[str, ...]


class Stream:
    """An open stream, read frame by frame; a long silence is a failure."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._frames = _frames(response.iter_lines())

    def next(self) -> Frame:
        return next(self._frames)

    def take(self, count: int) -> list[Frame]:
        return [self.next() for _ in range(count)]

    def until(self, event: str) -> list[Frame]:
        frames = [self.next()]
        while frames[-1].event != event:
            frames.append(self.next())
        return frames

    def rest(self) -> list[Frame]:
        return list(self._frames)


def _frames(lines: Iterator[str]) -> Iterator[Frame]:
    found: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            assert name in {"id", "event", "data", "retry"}, line
            assert name not in found, f"two {name} in one frame"
            found[name] = value
        else:
            retry = int(found["retry"]) if "retry" in found else None
            event = found.get("event", "message")
            yield Frame(event, found.get("id"), json.loads(found["data"]), retry, tuple(found))
            found = {}
    assert not found, f"the stream ended inside a frame: {found}"


@dataclass
class Server:
    """The process and its address."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    url: str = ""
    process: subprocess.Popen[str] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def start(self) -> None:
        with (self.folder / "stderr").open("a") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.telemetry"],
                env={**os.environ, "ACM2_TELEMETRY_PORT": "0", "ACM2_DATA_DIR": str(self.folder), **self.environment},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "listens at" in line, line + (self.folder / "stderr").read_text()
        self.url = line.split()[-1].rstrip("/")

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code

    def close(self) -> None:
        self.client.close()
        if self.process is not None:
            self.stop(signal.SIGKILL)

    @property
    def errors(self) -> str:
        return (self.folder / "stderr").read_text()

    def post(self, run: str, *events: Json, **headers: str) -> httpx.Response:
        return self.client.post(f"{self.url}/runs/{run}/events", json=list(events), headers=headers)

    def send(self, run: str, body: bytes | str, content_type: str | None = None) -> httpx.Response:
        headers = {"Content-Type": content_type} if content_type is not None else {}
        return self.client.post(f"{self.url}/runs/{run}/events", content=body, headers=headers)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(self.url + path, headers=headers)

    def run(self, run: str) -> Json:
        answer = self.get(f"/runs/{run}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def lines(self, run: str, query: str = "") -> list[Json]:
        answer = self.get(f"/runs/{run}/events?poll=1{query}")
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def metric(self, name: str) -> float:
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise AssertionError(f"no metric {name}")

    @contextmanager
    def stream(self, path: str, **headers: str) -> Iterator[Stream]:
        timeout = httpx.Timeout(10, read=SILENCE_LIMIT_S)
        with (
            httpx.Client(timeout=timeout) as client,
            client.stream("GET", self.url + path, headers=headers) as response,
        ):
            yield Stream(response)

    def frames(self, path: str, **headers: str) -> list[Frame]:
        """Every frame of a stream that ends by itself."""
        with self.stream(path, **headers) as stream:
            assert stream.response.status_code == 200
            return stream.rest()

    @contextmanager
    def frozen(self, path: str, buffer_bytes: int = 4096) -> Iterator[socket.socket]:
        """A client that asks for a stream and then reads nothing by itself."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
            client.settimeout(SILENCE_LIMIT_S)
            client.connect((host, int(port)))
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            yield client

    def wait_until(self, claim: str, true: Any) -> None:
        """Ask again until it is so; fail with the claim if it never is."""
        deadline = time.monotonic() + START_LIMIT_S
        while not true():
            assert time.monotonic() < deadline, claim
            time.sleep(0.02)


def step(number: int = 0, **more: Any) -> Json:
    """An event of somebody's own."""
    return {"type": "myapp.step", "data": {"n": number}, **more}


def log(message: str, **more: Any) -> Json:
    return {"type": "log", "data": {"message": message}, **more}


def finished(status: str = "completed", **data: Any) -> Json:
    return {"type": "run_finished", "data": {"status": status, **data}}


def numbered(first: int, *events: Json, epoch: str = "k3v9") -> list[Json]:
    """The events as a producer numbers them."""
    return [{**event, "seq": seq, "epoch": epoch} for seq, event in enumerate(events, first)]


def kinds(frames: list[Frame]) -> list[str]:
    return [frame.event for frame in frames]


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and the last part of the problem's type."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]
