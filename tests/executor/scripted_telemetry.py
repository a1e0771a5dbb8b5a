"""A server on loopback that says, byte for byte, what a test wants said: telemetry's answers, or anything else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import SocketAttribute, SocketStream

Handler = Callable[[SocketStream, bytes], Awaitable[None]]
"""Gets the connection and the head of the request that came over it."""

HEAD_END = b"\r\n\r\n"


def said(status: str, content_type: str, body: bytes, **headers: str) -> bytes:
    """An answer after which the connection is closed."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n{more}connection: close\r\n\r\n"
    return head.encode() + body


def answers(data: bytes) -> Handler:
    """Say this to everybody."""

    async def handle(stream: SocketStream, _head: bytes) -> None:
        await stream.send(data)

    return handle


async def never_answers(stream: SocketStream, _head: bytes) -> None:
    """Take the request and say nothing."""
    while True:
        await stream.receive()


async def drips(stream: SocketStream, _head: bytes) -> None:
    """A byte of an answer now and then, for ever."""
    await stream.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n")
    while True:
        await stream.send(b" ")
        await anyio.sleep(0.02)


async def pours(stream: SocketStream, _head: bytes) -> None:
    """An answer without an end."""
    await stream.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        await stream.send(chunk)


async def hangs_up(_stream: SocketStream, _head: bytes) -> None:
    """Close the connection without a word."""


@asynccontextmanager
async def scripted(handler: Handler) -> AsyncIterator[str]:
    """A server that treats each request so; the answer is its base URL."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            head = b""
            try:
                while HEAD_END not in head:
                    head += await stream.receive()
                await handler(stream, head)
            except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                return

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        port = listener.extra(SocketAttribute.local_port)
        yield f"http://127.0.0.1:{port}"
        group.cancel_scope.cancel()
