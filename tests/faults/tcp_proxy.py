"""A small TCP proxy that can spoil a link while it is used: each way for itself, switched while it runs.

``Way`` says what happens to the bytes of one direction, ``TcpProxy`` what happens to connections. A connection that has
swallowed bytes never passes any again: what follows a hole is no answer to anything.
"""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf

import anyio
from anyio.abc import SocketAttribute, SocketStream

CHUNK_BYTES = 64 * 1024
LONGEST_SLICED_BYTES = 2048
"""Of each chunk only this much is sliced: beyond it slicing would only be slow."""

_PAGE_502 = b"<h1>502 Bad Gateway</h1>"
BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
    % (len(_PAGE_502), _PAGE_502)
)
_BROKEN = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


@dataclass
class Way:
    """What happens to the bytes that go one way."""

    delay_s: float = 0.0
    slice_bytes: int | None = None
    bytes_per_s: float = inf
    swallow: bool = False

    def heal(self) -> None:
        self.delay_s, self.slice_bytes, self.bytes_per_s, self.swallow = 0.0, None, inf, False


@dataclass(eq=False)
class Connection:
    """One client's connection and ours to the target."""

    client: SocketStream
    target: SocketStream
    has_hole: bool = False
    reset: bool = False
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class TcpProxy:
    """Passes bytes between ``port`` and ``target_port`` of the loopback."""

    def __init__(self, target_port: int, port: int) -> None:
        self.target_port = target_port
        self.port = port
        self.up, self.down = Way(), Way()
        self.refuses = False
        self.answers_502 = False
        self.accepted = 0
        self.answered_502 = 0
        self._connections: set[Connection] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    def cut(self, *, reset: bool) -> int:
        """End every connection, with RST or FIN; the answer is how many there were."""
        found = list(self._connections)
        for connection in found:
            connection.reset = reset
            connection.scope.cancel()
        return len(found)

    def half_open(self) -> None:
        """Swallow every byte both ways and close nothing: the peer is gone and nobody says so."""
        self.up.swallow = self.down.swallow = True
        for connection in self._connections:
            connection.has_hole = True

    def heal(self) -> None:
        """New connections are passed as if nothing had been. Those with a hole stay deaf until a side gives up."""
        self.up.heal()
        self.down.heal()
        self.refuses = self.answers_502 = False

    async def serve_one(self, client: SocketStream) -> None:
        """Pass one connection's bytes until it ends."""
        self.accepted += 1
        if self.refuses:
            await _end(client, reset=True)
            return
        if self.answers_502:
            await self._answer_502(client)
            return
        try:
            target = await anyio.connect_tcp("127.0.0.1", self.target_port)
        except OSError:
            # As a machine whose service is down would: the client sees its connection refused, as nearly as it can be.
            await _end(client, reset=True)
            return
        connection = Connection(client, target, has_hole=self.up.swallow or self.down.swallow)
        self._connections.add(connection)
        try:
            with connection.scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(self._pass, connection, client, target, self.up)
                    group.start_soon(self._pass, connection, target, client, self.down)
        finally:
            self._connections.discard(connection)
            with anyio.CancelScope(shield=True):
                await _end(client, reset=connection.reset)
                await _end(target, reset=connection.reset)

    async def _answer_502(self, client: SocketStream) -> None:
        self.answered_502 += 1
        with anyio.move_on_after(5):
            try:
                await client.receive(CHUNK_BYTES)
                await client.send(BAD_GATEWAY)
                await client.send_eof()
                # What is unread at the end would make a reset of it, and take the answer away.
                while True:
                    await client.receive(CHUNK_BYTES)
            except _BROKEN:
                return
            finally:
                await _end(client, reset=False)

    async def _pass(self, connection: Connection, source: SocketStream, sink: SocketStream, way: Way) -> None:
        try:
            while True:
                chunk = await source.receive(CHUNK_BYTES)
                if way.swallow:
                    connection.has_hole = True
                if way.delay_s:
                    await anyio.sleep(way.delay_s)
                for part in _parts(chunk, way.slice_bytes):
                    if not connection.has_hole:
                        await sink.send(part)
                    if way.bytes_per_s != inf:
                        await anyio.sleep(len(part) / way.bytes_per_s)
        except anyio.EndOfStream:
            try:
                await sink.send_eof()
            except _BROKEN:
                connection.scope.cancel()
        except _BROKEN:
            # One side is gone without a farewell: the other learns it in the same way.
            connection.reset = True
            connection.scope.cancel()


def _parts(chunk: bytes, slice_bytes: int | None) -> list[bytes]:
    if slice_bytes is None:
        return [chunk]
    head, rest = chunk[:LONGEST_SLICED_BYTES], chunk[LONGEST_SLICED_BYTES:]
    parts = [head[at : at + slice_bytes] for at in range(0, len(head), slice_bytes)]
    return [*parts, rest] if rest else parts


async def _end(stream: SocketStream, *, reset: bool) -> None:
    if reset:
        raw = stream.extra(SocketAttribute.raw_socket)
        if raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await anyio.aclose_forcefully(stream)
        return
    try:
        await stream.aclose()
    except _BROKEN:
        return


@asynccontextmanager
async def tcp_proxy(target_port: int) -> AsyncIterator[TcpProxy]:
    """A proxy in front of the port, listening; ended with the block."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0, backlog=512)
    proxy = TcpProxy(target_port, listener.extra(SocketAttribute.local_port))
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, proxy.serve_one)
        yield proxy
        group.cancel_scope.cancel()
