"""Frames of Server-Sent Events, as ready bytes. Source: CONTRACT section 4.

A stored event's frame is ``id:``, ``event:``, ``data:`` and an empty line, in this order; the other forms of a stream
are cut out of it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from shared import strict_json

_EVENT = b"\nevent: "
_DATA = b"\ndata: "

Form = Callable[[Sequence[bytes]], bytes]
"""How a stream writes stored events: their frames joined, in its own form."""


def event_frame(epoch: str, seq: int, type_: str, line: bytes) -> bytes:
    """The frame of a stored event."""
    return b"id: %b-%d\nevent: %b\ndata: %b\n\n" % (epoch.encode("ascii"), seq, type_.encode("ascii"), line)


def word(
    name: str, run_id: str | None, data: dict[str, Any], *, id_: str | None = None, retry_ms: int | None = None
) -> bytes:
    """The frame of a word about the stream or the run; its data has ``type`` and ``run_id`` like every other."""
    head = f"retry: {retry_ms}\n" if retry_ms is not None else ""
    if id_ is not None:
        head += f"id: {id_}\n"
    head += f"event: {name}\ndata: "
    return head.encode("ascii") + strict_json.dumps({"type": name, "run_id": run_id, **data}) + b"\n\n"


def line_of(frame: bytes) -> bytes:
    """The stored line in an event's frame."""
    return frame[frame.index(_DATA) + len(_DATA) : -2]


def type_of(frame: bytes) -> str:
    """The type in an event's frame."""
    start = frame.index(_EVENT) + len(_EVENT)
    return frame[start : frame.index(b"\n", start)].decode("ascii")


def without_event(frame: bytes) -> bytes:
    """The frame for ``onmessage``: no ``event:`` line."""
    start = 0 if frame.startswith(_EVENT[1:]) else frame.index(_EVENT) + 1
    return frame[:start] + frame[frame.index(b"\n", start) + 1 :]


def with_id(frame: bytes, id_: str) -> bytes:
    """The frame under another id, or under one if it had none."""
    if frame.startswith(b"id: "):
        frame = frame[frame.index(b"\n") + 1 :]
    return f"id: {id_}\n".encode("ascii") + frame


def as_frames(frames: Sequence[bytes]) -> bytes:
    """Events as SSE."""
    return b"".join(frames)


def as_messages(frames: Sequence[bytes]) -> bytes:
    """Events as SSE without ``event:`` lines."""
    return b"".join([without_event(frame) for frame in frames])


def as_lines(frames: Sequence[bytes]) -> bytes:
    """Events as NDJSON."""
    return b"".join([line_of(frame) + b"\n" for frame in frames])


def place_of(frame: bytes) -> str | None:
    """The id of a frame, if it has one."""
    return frame[4 : frame.index(b"\n")].decode("ascii") if frame.startswith(b"id: ") else None
