"""A client that stalls inside a request is told so and ended; who waits between requests is left alone."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telemetry.server import SILENCE_LIMIT_S, Server, log, numbered


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Server]:
    """A service that gives a client half a second for its request."""
    server = Server(tmp_path, environment={"ACM2_REQUEST_LIMIT_S": "0.5"})
    server.start()
    yield server
    assert server.errors == ""
    server.close()


@pytest.fixture
def client(hasty: Server) -> Iterator[socket.socket]:
    host, _, port = hasty.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=SILENCE_LIMIT_S) as connection:
        yield connection


POST = b"POST /runs/a/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def rest(client: socket.socket) -> bytes:
    """Everything up to the end of the connection."""
    received = b""
    try:
        while data := client.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


def ask(client: socket.socket) -> None:
    """A whole request, and its whole answer."""
    client.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    received = b""
    while not received.endswith(b"}"):
        received += client.recv(65536)
    assert received.startswith(b"HTTP/1.1 200 ")


def timed_out(server: Server, stage: str) -> float:
    return server.metric(f'acm2_requests_timed_out_total{{stage="{stage}"}}')


@pytest.mark.parametrize(
    ("sent", "stage"),
    [
        (b"GET /runs HTTP/1.1\r\nHost: local", "headers"),
        (POST, "headers"),
        (POST + b"Content-Length: 100\r\n\r\n", "body"),
        (POST + b'Content-Length: 100\r\n\r\n[{"type": "log"', "body"),
        (POST + b'Transfer-Encoding: chunked\r\n\r\n5\r\n[{"ty', "body"),
    ],
)
def test_a_request_that_stalls_is_ended_with_408(hasty: Server, client: socket.socket, sent: bytes, stage: str) -> None:
    client.sendall(sent)
    head, _, body = rest(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["type"].endswith("/request-timeout")
    assert timed_out(hasty, stage) == 1
    assert hasty.metric("acm2_faults_total") == 0


def test_a_body_that_comes_byte_by_byte_is_ended_too(hasty: Server, client: socket.socket) -> None:
    client.sendall(POST + b"Content-Length: 100000\r\n\r\n")
    client.settimeout(0.02)
    received = b""
    while not received:
        client.send(b" ")
        try:
            received = client.recv(65536)
        except TimeoutError:
            continue
    assert received.startswith(b"HTTP/1.1 408 ")
    assert timed_out(hasty, "body") == 1


def test_who_says_nothing_at_all_is_ended_without_a_word(hasty: Server, client: socket.socket) -> None:
    assert rest(client) == b""
    assert timed_out(hasty, "nothing said") == 1


def test_a_head_without_end_is_not_kept(hasty: Server, client: socket.socket) -> None:
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Pad: ")
    client.settimeout(0.02)
    received = b""
    while not received:
        client.send(b"x" * 10_000)
        try:
            received = client.recv(65536)
        except TimeoutError:
            continue
    assert received.startswith(b"HTTP/1.1 413 ")
    assert timed_out(hasty, "long headers") == 1


def test_a_stall_in_a_second_request_of_a_connection_is_found(hasty: Server, client: socket.socket) -> None:
    ask(client)
    client.sendall(POST)
    assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_who_waits_for_events_or_between_requests_is_left_alone(hasty: Server, client: socket.socket) -> None:
    ask(client)
    with hasty.stream("/runs/a/events?heartbeat=1") as stream:
        frames = stream.take(3)
        assert [frame.event for frame in frames] == ["hello", "heartbeat", "heartbeat"]
        hasty.post("a", *numbered(1, log("1")))
        assert stream.next().id == "k3v9-1"
    ask(client)
    assert hasty.metric("acm2_connections") >= 1


def test_a_long_body_that_keeps_coming_is_taken(hasty: Server, client: socket.socket) -> None:
    body = json.dumps([log("x" * 20_000)] * 20).encode()
    head = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    with hasty.stream("/runs/b/events?heartbeat=1") as clock:
        for at in range(0, len(body), 150_000):
            client.sendall((b"" if at else head) + body[at : at + 150_000])
            # A second and more goes by: twice what a request without a body would have.
            clock.next()
    assert rest(client).startswith(b"HTTP/1.1 200 ")
    assert hasty.run("a")["count"] == 20
