"""Request bodies, read within a bound; one over it is read and thrown away, so that the client sees the answer."""

from starlette.types import Receive

from services.process.problem import Problem
from shared.limits import MAX_DISCARDED_BODY_BYTES


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole."""


async def read_body(receive: Receive, limit_bytes: int) -> bytes:
    """The whole body; raises ``Problem`` too-large past the limit and ``ClientGoneError`` when the client leaves."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)
        elif size > MAX_DISCARDED_BODY_BYTES:
            break
    if size > limit_bytes:
        raise Problem("too-large", f"the body may have {limit_bytes} bytes at most; send it in parts")
    return b"".join(chunks)
