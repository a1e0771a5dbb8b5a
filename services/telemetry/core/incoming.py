"""One event as it was sent: strictly read, checked, with its data in the stored form."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from services.telemetry.core.refused import Refused
from shared import events, stored, strict_json
from shared.ids import EPOCH_PATTERN
from shared.limits import MAX_EVENT_BYTES, MAX_ID_CHARS

Seq = Annotated[int, Meta(ge=1, le=2**53 - 1)]
# A dollar alone would let a newline at the end pass, which would break the frames these names stand in.
EpochName = Annotated[str, Meta(pattern=f"^{EPOCH_PATTERN}$(?!\\n)")]
EventId = Annotated[str, Meta(pattern=f"^[ -~]{{1,{MAX_ID_CHARS}}}$(?!\\n)")]


class Incoming(Struct, gc=False):
    """An event to be numbered. ``data`` is its stored form, ``value`` the same read; ``time_ms`` belongs to ``time``."""

    type: str
    data: bytes
    value: Any
    seq: int | None = None
    epoch: str | None = None
    id: str | None = None
    time: str | None = None
    time_ms: int = 0


class Envelope(Struct, forbid_unknown_fields=True):
    """What an event may have at its top level."""

    type: str
    data: Raw | UnsetType = UNSET
    seq: Seq | None = None
    epoch: EpochName | None = None
    id: EventId | None = None
    time: str | None = None
    run_id: str | None = None


_envelope = msgspec.json.Decoder(Envelope)

_WANTED = {
    "seq": "must be a whole number from 1",
    "epoch": "must be 1 to 32 letters and digits",
    "id": f"must be 1 to {MAX_ID_CHARS} printable ASCII characters",
    "time": "must be a string",
    "type": "must be a string",
    "run_id": "must be a string",
}


def take_event(text: bytes, run_id: str) -> Incoming:
    """The event these bytes spell; raises ``Refused`` too-large, not-json or invalid-event."""
    value, short = read_strictly(text)
    try:
        sent = _envelope.decode(short)
    except msgspec.ValidationError as error:
        raise refused_shape(str(error)) from error
    if sent.run_id is not None and sent.run_id != run_id:
        raise Refused("invalid-event", "run_id", f"is not the run of this address, {run_id!r}; leave it out")
    return checked(
        type_=sent.type,
        data=b"{}" if sent.data is UNSET else bytes(sent.data),
        value=value.get("data", {}),
        seq=sent.seq,
        epoch=sent.epoch,
        id_=sent.id,
        time=sent.time,
    )


def read_strictly(text: bytes) -> tuple[Any, bytes]:
    """The value and its compact form; raises ``Refused`` too-large or not-json."""
    if len(text) > MAX_EVENT_BYTES:
        raise Refused("too-large", "", f"has {len(text)} bytes; an event may have {MAX_EVENT_BYTES}")
    try:
        return strict_json.take(text)
    except strict_json.NotJson as error:
        raise Refused("not-json", "", str(error)) from error


def checked(
    *,
    type_: str,
    data: bytes,
    value: Any,
    seq: int | None,
    epoch: str | None,
    id_: str | None,
    time: str | None,
) -> Incoming:
    """The event made of these parts; raises ``Refused`` invalid-event, with the field that is wrong."""
    if (seq is None) is not (epoch is None):
        missing = "seq" if seq is None else "epoch"
        raise Refused("invalid-event", missing, "seq and epoch come together or not at all")
    time_ms = 0
    if time is not None:
        known = stored.parse_time(time)
        if known is None:
            raise Refused("invalid-event", "time", "must be an RFC 3339 time with its offset: 2026-11-22T10:00:00.123Z")
        time_ms = known
    try:
        events.check(type_, value)
    except events.InvalidData as error:
        raise Refused("invalid-event", error.path, error.message) from error
    return Incoming(type_, data, value, seq, epoch, id_, time, time_ms)


_UNKNOWN = re.compile("unknown field `([^`]*)`")
_MISSING = re.compile("missing required field `([^`]+)`")


def refused_shape(text: str) -> Refused:
    """What a validation message of the decoder means, in the words of the contract."""
    message, _, where = text.partition(" - at `$.")
    field = where.rstrip("`").split(".")[0]
    unknown, missing = _UNKNOWN.search(message), _MISSING.search(message)
    if unknown:
        return Refused("invalid-event", unknown[1], "is no field of an event; your own fields belong into data")
    if missing:
        return Refused("invalid-event", missing[1], "required")
    if field:
        return Refused("invalid-event", field, _WANTED.get(field, message))
    return Refused("invalid-event", "", 'an event is a JSON object like {"type": "myapp.step", "data": {}}')
