"""A telemetry service that says what the test tells it to: real sockets, the page's own files, scripted streams.

Frames are written as CONTRACT 4 has them. The test sees each open stream, sends frames on it, cuts it, or lets the next
one be refused with a status.
"""

import json
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
from anyio.abc import SocketAttribute, SocketStream

from services.pages.site import BUILD_MARK
from services.pages.site import STATIC_FOLDER as STATIC

Frame = dict[str, Any]

BUILD = "0.1.0+golden"
STRICT_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
"""Nothing inline, nothing from anywhere else: a page that works under it works under any sensible one."""
REQUEST_LIMIT_BYTES = 1024 * 1024
COME_LIMIT_S = 20.0


@dataclass
class Request:
    """What a client asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass
class Answer:
    """What it is told."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", f"Content-Type: {self.kind}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += ["Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: *", "Connection: close"]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode()


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


class Stream:
    """One open stream; ``send`` writes frames, ``cut`` ends it without a word."""

    def __init__(self, request: Request, socket: SocketStream) -> None:
        self.request = request
        self.closed = anyio.Event()
        self._socket = socket

    @property
    def position(self) -> str:
        """Where the client says it stands: ``Last-Event-ID``, or ``last_event_id`` in the address."""
        return self.request.headers.get("last-event-id") or self.request.query.get("last_event_id", "")

    async def send(self, *frames: Frame, retry_ms: int | None = None) -> None:
        """Write frames; ``id`` in a frame is its SSE id, the rest its data."""
        text = f"retry: {retry_ms}\n\n" if retry_ms is not None else ""
        for frame in frames:
            data = {name: value for name, value in frame.items() if name != "sse_id"}
            text += f"id: {frame['sse_id']}\n" if "sse_id" in frame else ""
            text += f"data: {json.dumps(data)}\n\n"
        await self.send_text(text)

    async def send_text(self, text: str) -> None:
        """Write what is no frame."""
        await self._socket.send(text.encode())

    async def cut(self) -> None:
        await self._socket.aclose()


Route = Callable[[Request], Answer | None]


class ScriptedTelemetry:
    """``route`` may answer any request; what it leaves is a static file or, for ``/live``, a stream."""

    def __init__(self, route: Route, page: str) -> None:
        self.origin = ""
        self.open: list[Stream] = []
        self.requests: list[Request] = []
        self.refuse_streams_with: Answer | None = None
        self.policy = STRICT_POLICY
        self._route = route
        self._page = page
        self.come, self.coming = anyio.create_memory_object_stream[Stream](100)

    def asked(self, ending: str, method: str = "GET") -> list[Request]:
        """The requests so far whose path ends so."""
        return [one for one in self.requests if one.path.endswith(ending) and one.method == method]

    async def next_stream(self) -> Stream:
        """The next stream a client opens."""
        with anyio.fail_after(COME_LIMIT_S):
            return await self.coming.receive()

    async def answer(self, socket: SocketStream) -> None:
        async with socket:
            request = await _read_request(socket)
            if request is None:
                return
            self.requests.append(request)
            if request.path.endswith("/live") and self.refuse_streams_with is None:
                await self._stream(request, socket)
                return
            answer = self.refuse_streams_with if request.path.endswith("/live") else self._plain(request)
            await socket.send((answer or as_json({}, 404)).head() + (answer.body if answer else b""))

    def _plain(self, request: Request) -> Answer:
        if request.method == "OPTIONS":
            return Answer(204)
        answer = self._route(request)
        if answer is not None:
            return answer
        name = self._page if request.path == "/" else request.path.removeprefix("/static/")
        file = STATIC / name
        if not file.is_file():
            return as_json({"title": "not found", "detail": f"{request.path} is not here"}, 404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {"Content-Security-Policy": self.policy} if kind == "text/html" else {}
        return Answer(200, _filled_in(file.read_bytes()), kind, headers)

    async def _stream(self, request: Request, socket: SocketStream) -> None:
        stream = Stream(request, socket)
        head = ("HTTP/1.1 200 OK", "Content-Type: text/event-stream; charset=utf-8", "Access-Control-Allow-Origin: *")
        await socket.send("\r\n".join([*head, "Connection: close", "", ""]).encode())
        self.open.append(stream)
        await self.come.send(stream)
        try:
            while True:
                await socket.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        finally:
            self.open.remove(stream)
            stream.closed.set()


def _filled_in(page: bytes) -> bytes:
    return page.replace(BUILD_MARK.encode(), BUILD.encode())


async def _read_request(socket: SocketStream) -> Request | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        try:
            raw += await socket.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return None
        if len(raw) > REQUEST_LIMIT_BYTES:
            return None
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += await socket.receive()
    parts = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Request(method, parts.path, query, headers, body)


@asynccontextmanager
async def scripted_telemetry(
    route: Route = lambda _request: None, *, page: str = "live.html", port: int = 0
) -> AsyncIterator[ScriptedTelemetry]:
    """The service, listening on the loopback, on a free port unless one is given."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    service = ScriptedTelemetry(route, page)
    service.origin = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
    with service.come, service.coming:
        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, service.answer)
            yield service
            group.cancel_scope.cancel()
