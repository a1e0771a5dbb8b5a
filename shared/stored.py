"""One stored event is one line of bytes; NDJSON, SSE ``data`` and the digest all use this line.

``{"type","run_id","seq","epoch","id","time","data"}`` in this order, ``id`` left out if absent, no white space outside
strings, ASCII only. Source: CONTRACT section 2.
"""

import json
from datetime import UTC, datetime, timedelta

import msgspec

from shared.events import SINGLE_TYPES


def write_line(*, type_: str, run_id: str, seq: int, epoch: str, id_: str | None, time: str, data: bytes) -> bytes:
    """The stored line; ``data`` is JSON in the form of ``strict_json.compact``, the names need no escaping but ``id``."""
    key = f'"id":{json.dumps(id_)},' if id_ is not None else ""
    head = f'{{"type":"{type_}","run_id":"{run_id}","seq":{seq},"epoch":"{epoch}",{key}"time":"{time}","data":'
    return head.encode("ascii") + data + b"}"


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A stored line, read back."""

    type: str
    run_id: str
    seq: int
    epoch: str
    time: str
    data: msgspec.Raw
    id: str | None = None


_decoder = msgspec.json.Decoder(StoredEvent)


def read_line(line: bytes) -> StoredEvent:
    """Read a line ``write_line`` made; raises ``msgspec.MsgspecError`` for any other."""
    return _decoder.decode(line)


def is_single(type_: str) -> bool:
    """Whether the live view sends events of this type one by one."""
    return type_ in SINGLE_TYPES or "." in type_


_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str) -> int | None:
    """Milliseconds since 1970 of an RFC 3339 time with its offset, or None where the text is none."""
    if not text.isascii() or len(text) < len("2026-01-01T00:00:00Z") or not _is_rfc_3339(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    since = moment - _EPOCH_START
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _is_rfc_3339(text: str) -> bool:
    # ``fromisoformat`` also reads week dates, times without colons and other forms a page would read differently.
    dated = text[4] == text[7] == "-" and text[10] in "Tt " and text[13] == text[16] == ":"
    return dated and "," not in text and (text[-1] in "Zz" or (text[-6] in "+-" and text[-3] == ":"))


def format_time(ms: int) -> str:
    """``2026-11-22T10:00:00.123Z`` for milliseconds since 1970."""
    moment = _EPOCH_START + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
