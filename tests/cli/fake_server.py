"""A small HTTP server that answers as its script says: real sockets, no framework, and it can break off anywhere."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import SocketAttribute, SocketStream


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class Exchange:
    """One answer on its way: what a script writes to."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream

    async def head(self, status: int, content_type: str, *more: str) -> None:
        """Status line and headers; the body ends with the connection."""
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", "Connection: close", *more, "", ""]
        await self._stream.send("\r\n".join(lines).encode())

    async def send(self, *parts: bytes) -> None:
        """Some of the body."""
        await self._stream.send(b"".join(parts))

    async def hang(self) -> None:
        """Say nothing more, until the client leaves."""
        while True:
            await self._stream.receive()

    def break_off(self) -> None:
        """Make the close a reset instead of an orderly end."""
        raw = self._stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


Script = Callable[[Request, Exchange], Awaitable[None]]


def answers(value: Any, status: int = 200, content_type: str = "application/json") -> Script:
    """Answer with this JSON, always."""

    async def script(_request: Request, exchange: Exchange) -> None:
        await exchange.head(status, content_type)
        await exchange.send(json.dumps(value).encode())

    return script


def says(text: str, status: int = 200, content_type: str = "text/plain") -> Script:
    """Answer with this text, always."""

    async def script(_request: Request, exchange: Exchange) -> None:
        await exchange.head(status, content_type)
        await exchange.send(text.encode())

    return script


def streams(*frames: bytes, hang: bool = False, reset: bool = False) -> Script:
    """Send these frames as Server-Sent Events, then end, hang or break off."""

    async def script(_request: Request, exchange: Exchange) -> None:
        await exchange.head(200, "text/event-stream; charset=utf-8")
        await exchange.send(*frames)
        if hang:
            await exchange.hang()
        if reset:
            exchange.break_off()

    return script


def problem(status: int, type_: str, detail: str, **more: Any) -> Script:
    """Answer with a problem document, always."""
    body = {"type": f"https://acm2.invalid/problems/{type_}", "title": type_, "status": status, "detail": detail}
    return answers(body | more, status, "application/problem+json")


def frame(event: str, data: dict[str, Any], id_: str | None = None, retry_ms: int | None = None) -> bytes:
    """One SSE frame."""
    lines = [f"event: {event}", *([f"id: {id_}"] if id_ else []), *([f"retry: {retry_ms}"] if retry_ms else [])]
    return "\n".join([*lines, f"data: {json.dumps(data)}", "", ""]).encode()


@dataclass
class FakeServer:
    """Scripts by method and path; a list is worked through, its last one repeats. Remembers every request."""

    scripts: dict[tuple[str, str], list[Script]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def on(self, method: str, path: str, *scripts: Script) -> None:
        """Answer these requests so."""
        self.scripts[method, path] = list(scripts)

    def asked(self, method: str, path: str) -> list[Request]:
        """The requests so far for this route."""
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    async def handle(self, stream: SocketStream) -> None:
        """Serve one connection: one request, one answer."""
        async with stream:
            try:
                request = await _read(stream)
                if request is None:
                    return
                self.requests.append(request)
                queue = self.scripts.get((request.method, request.path)) or [problem(404, "not-found", "no such route")]
                script = queue.pop(0) if len(queue) > 1 else queue[0]
                await script(request, Exchange(stream))
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return


@asynccontextmanager
async def fake_server() -> AsyncIterator[FakeServer]:
    """A server on a free port of this machine."""
    server = FakeServer()
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        port = listener.extra(SocketAttribute.local_port)
        server.url = f"http://127.0.0.1:{port}"
        group.start_soon(listener.serve, server.handle)
        yield server
        group.cancel_scope.cancel()


async def _read(stream: SocketStream) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            data += await stream.receive()
        except anyio.EndOfStream:
            return None
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += await stream.receive()
    path, _, query = target.partition("?")
    return Request(method=method, path=path, query=query, headers=headers, body=body)
