"""The log as NDJSON, up to its newest event; then the body ends."""

import anyio.to_thread
from starlette.types import Scope, Send

from services.telemetry.core.frames import line_of
from services.telemetry.core.run_log import RunLog
from services.telemetry.errors import StoreError
from services.telemetry.flows.ports import EventStore

_PAGE_BYTES = 256 * 1024


async def send_log(store: EventStore, log: RunLog, after: int, limit: int | None, scope: Scope, send: Send) -> None:
    """Send the lines after a seq that are there now, up to the first that cannot be read any more. ``Run-Ended`` is true if the body reaches the end of the run."""
    upto = max(after, log.high if limit is None else min(log.high, after + limit))
    upto = log.holes.clear_upto(after, upto)
    ended = log.ended and upto == log.high
    headers = [
        (b"content-type", b"application/x-ndjson"),
        (b"cache-control", b"no-store"),
        (b"position", (log.place(upto) or "").encode("ascii")),
        (b"run-ended", b"true" if ended else b"false"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["method"] != "HEAD":
        while after < upto:
            lines = await _page(store, log, after, upto)
            if b"" in lines or not lines:
                # What was said of the body's end is not true any more: it must not look whole.
                log.holes.add(after + (lines.index(b"") if lines else 0) + 1)
                raise StoreError("a stored event cannot be read")
            after += len(lines)
            body = b"".join([line + b"\n" for line in lines])
            await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _page(store: EventStore, log: RunLog, after: int, upto: int) -> list[bytes]:
    if log.tail.holds(after):
        return [line_of(frame) for frame in log.tail.between(after, log.tail.stop(after, upto))]

    def read() -> list[bytes]:
        return store.lines(log.run_id, after=after, limit_bytes=_PAGE_BYTES)

    return (await anyio.to_thread.run_sync(read))[: upto - after]
