"""CloudEvents 1.0 as another form of an event: structured and batch mode. Source: CONTRACT section 2.

Its ``id`` is our ``id``; with the extension attributes ``epoch`` and ``sequence`` it is numbered by the producer.
Other attributes (``source``, ``subject``, extensions) are taken and not kept.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from services.telemetry.core.incoming import EpochName, EventId, Incoming, Seq, checked, read_strictly, refused_shape
from services.telemetry.core.refused import Refused

_JSON_TYPES = ("application/json", "text/json")


class CloudEvent(Struct):
    """The attributes that mean something here, and those that have to be there."""

    specversion: Literal["1.0"]
    id: EventId
    source: str
    type: str
    data: Raw | UnsetType = UNSET
    data_base64: str | None = None
    datacontenttype: str | None = None
    time: str | None = None
    epoch: EpochName | None = None
    sequence: Seq | str | None = None


_cloud_event = msgspec.json.Decoder(CloudEvent)


def take_cloud_event(text: bytes, _run_id: str) -> Incoming:
    """The event these bytes spell as a CloudEvent; raises ``Refused`` too-large, not-json or invalid-event."""
    value, short = read_strictly(text)
    try:
        sent = _cloud_event.decode(short)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from error
    if sent.data_base64 is not None:
        raise Refused("invalid-event", "data_base64", "binary data is not taken; send JSON in data")
    if not _is_json(sent.datacontenttype):
        raise Refused("invalid-event", "datacontenttype", "must be application/json; data is JSON here")
    return checked(
        type_=sent.type,
        data=b"{}" if sent.data is UNSET else bytes(sent.data),
        value=value.get("data", {}),
        seq=_sequence(sent.sequence),
        epoch=sent.epoch,
        id_=sent.id,
        time=sent.time,
    )


def _is_json(content_type: str | None) -> bool:
    if content_type is None:
        return True
    name = content_type.partition(";")[0].strip().lower()
    return name in _JSON_TYPES or name.endswith("+json")


def _sequence(sent: int | str | None) -> int | None:
    if not isinstance(sent, str):
        return sent
    # The sequence extension is a string that sorts, so its numbers are often padded with zeros.
    if sent.isascii() and sent.isdigit() and len(sent) <= 20 and 1 <= int(sent) < 2**53:
        return int(sent)
    raise Refused("invalid-event", "sequence", "must be a whole number from 1")


def _explained(text: str) -> Refused:
    if "specversion" in text and "missing" not in text:
        return Refused("invalid-event", "specversion", 'must be "1.0"')
    found = refused_shape(text)
    if not found.path:
        return Refused("invalid-event", "", "a CloudEvent is a JSON object with specversion, id, source and type")
    return found
