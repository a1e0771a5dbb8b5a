"""Whether a repeat says what the stored event says. Source: CONTRACT section 2."""

import json
from typing import Any

from services.telemetry.core.incoming import Incoming
from services.telemetry.core.refused import Refused
from shared.stored import read_line


def check_repeat(event: Incoming, line: bytes) -> None:
    """Raise ``Refused`` sequence-conflict unless ``type``, ``data``, and ``time`` if it was sent, are the stored ones."""
    known = read_line(line)
    if event.type != known.type:
        raise _conflict("type", event, known.seq)
    if event.time is not None and event.time != known.time:
        raise _conflict("time", event, known.seq)
    data = bytes(known.data)
    if event.data != data and _read(event.data) != _read(data):
        raise _conflict("data", event, known.seq)


def _read(data: bytes) -> Any:
    # A JSON object has no order, but the spelling of a number is part of it: 1 and 1.0 are kept as they came.
    return json.loads(data, parse_float=_spelled, parse_int=_spelled)


def _spelled(number: str) -> tuple[str]:
    # A tuple equals nothing that JSON can hold.
    return (number,)


def _conflict(field: str, event: Incoming, seq: int) -> Refused:
    name = f"id {event.id!r}" if event.seq is None else f"seq {seq}"
    return Refused("sequence-conflict", field, f"{name} is taken: another {field} was stored at seq {seq}")
