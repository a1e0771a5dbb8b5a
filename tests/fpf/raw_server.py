"""Servers that misbehave byte by byte, and one that answers like a provider; each counts the requests it read."""

import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.fpf.builders import a_completion


class Connection:
    """One client. ``request`` is the body of the request read last."""

    def __init__(self, stream: SocketStream, server: "RawServer") -> None:
        self._stream = stream
        self._reader = BufferedByteReceiveStream(stream)
        self._server = server
        self.request = b""

    async def read_request(self) -> None:
        head = await self._reader.receive_until(b"\r\n\r\n", 65536)
        lengths = [
            line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        ]
        self.request = await self._reader.receive_exactly(int(lengths[0]))
        self._server.requests += 1
        self._server.heads.append(head)

    async def send(self, data: bytes) -> None:
        await self._stream.send(data)

    async def answer(self, body: object, status: int = 200, headers: str = "") -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        await self.send(f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\n{headers}\r\n".encode() + raw)

    async def close(self) -> None:
        await self._stream.aclose()

    async def reset(self) -> None:
        raw: socket.socket = self._stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self._stream.aclose()

    async def hang(self) -> None:
        await anyio.sleep_forever()


Behaviour = Callable[[Connection], Awaitable[None]]


class RawServer:
    """Where it listens, and what it has seen."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests = 0
        self.connections = 0
        self.heads: list[bytes] = []
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.url = f"{self.base_url}/chat/completions"


@asynccontextmanager
async def raw_server(behaviour: Behaviour) -> AsyncIterator[RawServer]:
    """A server on loopback that does ``behaviour`` to each connection."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server = RawServer(listener.extra(SocketAttribute.local_port))

    async def serve(stream: SocketStream) -> None:
        server.connections += 1
        async with stream:
            try:
                await behaviour(Connection(stream, server))
            except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError):
                return

    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield server
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def provider(text: str = "An answer.", usage: object = None) -> AsyncIterator[RawServer]:
    """A provider that gives the same answer to everything, over kept connections."""

    async def answer_all(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.answer(a_completion(text, usage=usage))

    async with raw_server(answer_all) as server:
        yield server
