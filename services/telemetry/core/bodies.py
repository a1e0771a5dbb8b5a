"""A request body taken apart into the texts of its events, by its content type. Source: CONTRACT section 3."""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from services.telemetry.core.cloud_events import take_cloud_event
from services.telemetry.core.incoming import Incoming, checked, take_event
from services.telemetry.core.refused import Refused
from shared import strict_json
from shared.limits import MAX_BATCH_EVENTS, MAX_EVENT_BYTES

Take = Callable[[bytes, str], Incoming]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NDJSON = {
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
}
_BY_CONTENT = {"", "application/x-www-form-urlencoded", "application/octet-stream"}
_SPACE = re.compile(r"[ \t\r\n]*")

_slices = msgspec.json.Decoder(list[msgspec.Raw])
_scan = json.JSONDecoder().raw_decode


class Body(NamedTuple):
    """The texts of a body's events, in order, and how each is read."""

    texts: list[bytes]
    take: Take


def split_body(content_type: str, body: bytes) -> Body:
    """The events of a body; raises ``Refused`` for one that is none of ours as a whole.

    A text that is no JSON is found when it is read, so that what stands before it can be taken.
    """
    name = content_type.partition(";")[0].strip().lower()
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if name in _NDJSON:
        return _counted(_lines(body), take_event)
    if name in {"application/json", "text/json"}:
        return _counted(_json(body), take_event)
    if name == "application/cloudevents+json":
        return _counted([_filled(body)], take_cloud_event)
    if name == "application/cloudevents-batch+json":
        return _counted(_array(_filled(body)), take_cloud_event)
    if name == "text/plain":
        return _counted(_lines(body), _take_log_line)
    if name in _BY_CONTENT:
        return _counted(_by_content(body), take_event)
    raise Refused(
        "unsupported-type",
        "",
        f"{name[:80]!r} is not taken; send application/json, application/x-ndjson, CloudEvents or text/plain",
    )


def _counted(texts: list[bytes], take: Take) -> Body:
    if len(texts) > MAX_BATCH_EVENTS:
        raise Refused("too-large", "", f"{len(texts)} events; a body may have {MAX_BATCH_EVENTS}: send it in parts")
    return Body(texts, take)


def _filled(body: bytes) -> bytes:
    stripped = body.strip(b" \t\r\n")
    if not stripped:
        raise Refused("not-json", "", "empty: an event was expected")
    return stripped


def _lines(body: bytes) -> list[bytes]:
    # Split at newlines only: U+2028 and its like are ordinary characters inside a JSON string.
    lines = [line for line in _filled(body).split(b"\n") if line and not line.isspace()]
    return [line.removesuffix(b"\r") for line in lines]


def _json(body: bytes) -> list[bytes]:
    body = _filled(body)
    return _array(body) if body.startswith(b"[") else [body]


def _array(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _slices.decode(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        texts = _elements(body)
    if texts is None:
        try:
            strict_json.loads(body)
        except strict_json.NotJson as error:
            raise Refused("not-json", "", str(error)) from error
        raise Refused("invalid-event", "", "a batch is a JSON array of events")
    return texts


def _elements(body: bytes) -> list[bytes] | None:
    """The elements of an array that is JSON but for a wrong element (NaN, say); None where it falls apart."""
    if not body.startswith(b"["):
        return None
    try:
        text = body.decode("utf-8")
        texts: list[bytes] = []
        at = _skip(text, 1)
        while text[at] != "]":
            end = _scan(text, at)[1]
            texts.append(text[at:end].encode("utf-8"))
            at = _skip(text, end)
            if text[at] == ",":
                at = _skip(text, at + 1)
            elif text[at] != "]":
                return None
    except (ValueError, IndexError, RecursionError):
        return None
    return texts if _skip(text, at + 1) == len(text) else None


def _by_content(body: bytes) -> list[bytes]:
    body = _filled(body)
    if body.startswith(b"["):
        return _array(body)
    lines = _lines(body)
    if len(lines) > 1 and all(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in lines):
        return lines
    return _values(body)


def _values(body: bytes) -> list[bytes]:
    """JSON values one after another, over any number of lines, or none: ``curl -d @file`` takes the newlines out."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return [body]
    texts: list[bytes] = []
    at = 0
    while at < len(text) and len(texts) <= MAX_BATCH_EVENTS:
        try:
            end = _scan(text, at)[1]
        except (ValueError, RecursionError):
            # Read again as an event it is refused with the reason, after what stands before it has been taken.
            end = len(text)
        texts.append(text[at:end].encode("utf-8"))
        at = _skip(text, end)
    return texts


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _take_log_line(text: bytes, _run_id: str) -> Incoming:
    if len(text) > MAX_EVENT_BYTES:
        raise Refused("too-large", "", f"has {len(text)} bytes; a line may have {MAX_EVENT_BYTES}")
    try:
        value = {"level": "info", "message": text.decode("utf-8")}
    except UnicodeDecodeError as error:
        raise Refused("not-json", "", f"not UTF-8 at byte {error.start}") from error
    return checked(type_="log", data=strict_json.dumps(value), value=value, seq=None, epoch=None, id_=None, time=None)
