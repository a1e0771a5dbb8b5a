"""A run's log read from the store again: after a restart, or after it was not needed for a while."""

import msgspec

from services.telemetry.core.numbering import Numbering
from services.telemetry.core.run_log import Entry, RunLog
from services.telemetry.flows.ports import About, EventStore
from shared.stored import parse_time, read_line

_PAGE_BYTES = 1024 * 1024

_value = msgspec.json.Decoder().decode


def rebuild(store: EventStore, run_id: str) -> tuple[About, RunLog, Numbering]:
    """The run as it was before; blocks for as long as reading it takes. An unknown run is one without events."""
    about = store.about(run_id)
    log, numbering = RunLog(run_id), Numbering()
    if about.deleted or about.epoch is None:
        return about, log, numbering
    numbering.by, numbering.epoch = about.by, about.epoch
    while lines := store.lines(run_id, after=log.high, limit_bytes=_PAGE_BYTES):
        for line in lines:
            entry = _entry(line, log.high + 1)
            if entry is None:
                log.append_unreadable(line, about.epoch)
                continue
            log.append(entry, about.epoch)
            if entry.id is not None and about.by == "service":
                numbering.ids[entry.id] = entry.seq
    numbering.high, numbering.finished = log.high, log.ended
    return about, log, numbering


def _entry(line: bytes, seq: int) -> Entry | None:
    """What the line says; None where it does not say what a line at this place must."""
    try:
        stored = read_line(line)
        value = _value(stored.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if stored.seq != seq:
        return None
    return Entry(
        stored.seq,
        stored.type,
        stored.time,
        parse_time(stored.time) or 0,
        value,
        line,
        stored.id,
    )
