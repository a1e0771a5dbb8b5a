"""Request bodies, read within a bound; one over it is read and thrown away, so that the client sees the answer."""

from starlette.types import Receive

from services.process.problem import Problem
from shared.limits import MAX_DISCARDED_BODY_BYTES

BODIES_LIMIT_BYTES = 256 * 1024 * 1024


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole."""


class BodyRoom:
    """How much of bodies that are on their way may be in memory at once, whoever sends them."""

    __slots__ = ("_limit_bytes", "used_bytes")

    def __init__(self, limit_bytes: int = BODIES_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self.used_bytes = 0

    def take(self, size: int) -> None:
        """Have room for so much more; raises ``Problem`` unavailable."""
        if self.used_bytes + size > self._limit_bytes:
            raise Problem("unavailable", "too many large requests are on their way at once; try again")
        self.used_bytes += size

    def give_back(self, size: int) -> None:
        """Need so much no longer."""
        self.used_bytes -= size


async def read_body(receive: Receive, limit_bytes: int, room: BodyRoom | None = None) -> bytes:
    """The whole body.

    Raises ``Problem`` too-large past the limit, unavailable where ``room`` has none, and ``ClientGoneError`` when the
    client leaves.
    """
    chunks: list[bytes] = []
    size = held = 0
    more = True
    try:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size <= limit_bytes:
                if more and room is not None:
                    room.take(len(chunk))
                    held += len(chunk)
                chunks.append(chunk)
            elif size > MAX_DISCARDED_BODY_BYTES:
                break
    finally:
        if held and room is not None:
            room.give_back(held)
    if size > limit_bytes:
        raise Problem("too-large", f"the body may have {limit_bytes} bytes at most; send it in parts")
    return b"".join(chunks)
