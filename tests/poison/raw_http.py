"""Bytes on a socket, as no HTTP client would send them, and the answer as it comes."""

import socket
from typing import NamedTuple

ANSWER_LIMIT_S = 20


class Answer(NamedTuple):
    """``status`` 0: the connection was closed without an answer."""

    status: int
    head: bytes
    body: bytes


def connect(url: str) -> socket.socket:
    """A connection to the service."""
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), ANSWER_LIMIT_S)


def head(method: str, path: str, *lines: str) -> bytes:
    """A request's head; ``Host`` is there unless the lines have one."""
    if not any(line.lower().startswith("host") for line in lines):
        lines = ("Host: 127.0.0.1", *lines)
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


def speak(url: str, sent: bytes, *, stop: bool = False) -> list[Answer]:
    """Send these bytes and read until the service closes; ``stop``: say that nothing follows."""
    with connect(url) as client:
        try:
            client.sendall(sent)
            if stop:
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all of it was sent: the answer says why
        return answers(_rest(client))


def _rest(client: socket.socket) -> bytes:
    found = b""
    try:
        while more := client.recv(65536):
            found += more
    except ConnectionResetError:
        pass  # what came before it is the answer
    return found


def answers(text: bytes) -> list[Answer]:
    """Every answer in these bytes, each with its Content-Length."""
    found = []
    while text:
        top, _, rest = text.partition(b"\r\n\r\n")
        status = int(top.split(b" ")[1])
        length = next(
            (int(line.split(b":")[1]) for line in top.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        found.append(Answer(status, top, rest[:length]))
        text = rest[length:]
    return found
