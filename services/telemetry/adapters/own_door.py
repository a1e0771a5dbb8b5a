"""The way out and in again over the service's own listening socket, for its test of itself."""

import ipaddress
import json

import anyio
from anyio.abc import ByteStream

from services.telemetry.flows.canary import TripFailed
from shared import paths

_ANSWER_LIMIT_BYTES = 64 * 1024
_SHOWN_CHARS = 200


class OwnDoor:
    """Posts an event to a run of the service at ``host`` and ``port``, and reads it back from that run's stream."""

    def __init__(self, host: str, port: int, run_id: str) -> None:
        self._host = reachable(host)
        self._port = port
        self._path = paths.fill(paths.EVENTS, run_id=run_id)
        name = f"[{self._host}]" if ":" in self._host else self._host
        self._about = f"Host: {name}:{port}\r\nConnection: close\r\n"

    async def __call__(self, number: int) -> None:
        """The n-th round trip; raises ``TripFailed``."""
        async with await self._connected() as viewer:
            head = f"GET {self._path}?from=now HTTP/1.1\r\nAccept: text/event-stream\r\n{self._about}\r\n"
            await viewer.send(head.encode())
            received = await _read_until(viewer, b"event: hello", b"", "its stream")
            if not received.startswith(b"HTTP/1.1 200 "):
                raise TripFailed(f"its stream was answered with {_shown(received)}")
            await self._post(number)
            await _read_until(viewer, b'"beat":%d}' % number, received, "its stream")

    async def _post(self, number: int) -> None:
        body = json.dumps({"type": "acm2.canary", "data": {"beat": number}})
        head = f"POST {self._path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        async with await self._connected() as connection:
            await connection.send(f"{head}{self._about}\r\n{body}".encode())
            answer = await _read_until(connection, None, b"", "its event")
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise TripFailed(f"its event was answered with {_shown(answer)}")

    async def _connected(self) -> ByteStream:
        try:
            return await anyio.connect_tcp(self._host, self._port)
        except OSError as error:
            raise TripFailed(f"no connection to {self._host}:{self._port}: {error}") from error


def reachable(host: str) -> str:
    """Where a service that listens at this host can be reached from this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"


async def _read_until(stream: ByteStream, wanted: bytes | None, received: bytes, what: str) -> bytes:
    """Read on until these bytes came, or, with None, to the end."""
    while wanted is None or wanted not in received:
        try:
            received += await stream.receive()
        except anyio.EndOfStream:
            if wanted is None or not received.startswith(b"HTTP/1.1 200 "):
                return received
            raise TripFailed(f"{what} ended too early") from None
        except (anyio.BrokenResourceError, OSError) as error:
            raise TripFailed(f"the connection of {what} broke: {error}") from error
        if len(received) > _ANSWER_LIMIT_BYTES:
            raise TripFailed(f"{what} was answered with more than {_ANSWER_LIMIT_BYTES} bytes")
    return received


def _shown(answer: bytes) -> str:
    """Status and reason of an answer, for people."""
    head, _, body = answer.decode("utf-8", "replace").partition("\r\n\r\n")
    status = head.partition("\r\n")[0].removeprefix("HTTP/1.1 ") or "nothing"
    try:
        detail = json.loads(body).get("detail", "")
    except (ValueError, AttributeError):
        detail = ""
    return f"{status}: {detail[:_SHOWN_CHARS]}" if detail else status
