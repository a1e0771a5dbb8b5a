"""Stored lines as the body of one POST. A line that is not what it must be ends the batch before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventBatch:
    """A body of ``count`` events; ``count`` 0 means that the first line cannot be sent."""

    body: bytes
    count: int


Encode = Callable[[str, int, Sequence[bytes]], EventBatch]
"""Gets the run id, the seq of the first line, and the lines."""


def event_batch(run_id: str, first_seq: int, lines: Sequence[bytes]) -> EventBatch:
    """The lines as NDJSON of events, up to the first one that is damaged: the run is named by the address."""
    named = b',"run_id":"%s"' % run_id.encode()
    taken = []
    for seq, line in enumerate(lines, first_seq):
        # A line with another seq would put every later one at a wrong place.
        at = line.find(b'%s,"seq":%d,' % (named, seq))
        if at < 0 or line[:9] != b'{"type":"' or line[-1:] != b"}":
            break
        taken.append(line[:at] + line[at + len(named) :])
    body = b"\n".join(taken) + b"\n"
    if body.count(b"\n") != len(taken) or not body.isascii():
        damaged = next((at for at, line in enumerate(taken) if b"\n" in line or not line.isascii()), 0)
        body, taken = b"\n".join(taken[:damaged]) + b"\n", taken[:damaged]
    return EventBatch(body, len(taken))
