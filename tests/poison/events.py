"""Events that must not be taken, each with the answer it must get: the problem's type and the field it names.

Every one holds the word ``MARK`` where it can, so that it can be looked for where nothing of it may be.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from shared.events import DATA
from shared.limits import MAX_EVENT_BYTES

MARK = "pOiSoN"


class Poison(NamedTuple):
    """One text that stands where an event should; ``path`` is the field the answer must name."""

    name: str
    text: bytes
    type: str
    path: str = ""


def _own(data: bytes) -> bytes:
    return b'{"type":"myapp.step","data":%b}' % data


def _event(**parts: Any) -> bytes:
    return json.dumps({"type": f"myapp.{MARK}", **parts}).encode()


def _log(**data: Any) -> bytes:
    return json.dumps({"type": "log", "data": data}).encode()


_NOT_JSON: dict[str, bytes] = {
    "a lone surrogate in a value": _own(b'"pOiSoN \\ud83d"'),
    "the second half of a surrogate first": _own(b'"pOiSoN \\ude00\\ud83d"'),
    "a lone surrogate in a key": _own(b'{"pOiSoN\\uDC00":1}'),
    "a lone surrogate in the type": b'{"type":"myapp.pOiSoN\\ud800"}',
    "a lone surrogate in the id": b'{"type":"myapp.pOiSoN","id":"\\ud800"}',
    "a surrogate as utf-8": _own(b'"pOiSoN \xed\xa0\x80"'),
    "overlong utf-8": _own(b'"pOiSoN \xc0\xaf"'),
    "overlong utf-8 of four bytes": _own(b'"pOiSoN \xf0\x80\x80\xaf"'),
    "beyond unicode": _own(b'"pOiSoN \xf4\x90\x80\x80"'),
    "half a character": _own(b'"pOiSoN \xe2\x82"'),
    "latin-1": _own('"pOiSoN ä"'.encode("latin-1")),
    "NaN": _own(b'{"pOiSoN":NaN}'),
    "Infinity": _own(b'{"pOiSoN":Infinity}'),
    "-Infinity": _own(b'{"pOiSoN":-Infinity}'),
    "1e999": _own(b'{"pOiSoN":1e999}'),
    "-1e999": _own(b'{"pOiSoN":[-1e999]}'),
    "a number of 400 digits": _own(b'{"pOiSoN":' + b"9" * 400 + b"}"),
    "a number of 5,000 digits": _own(b'{"pOiSoN":' + b"9" * 5_000 + b"}"),
    "64 lists deep": _own(b"[" * 64 + b'"pOiSoN"' + b"]" * 64),
    "64 objects deep": _own(b'{"pOiSoN":' * 64 + b"1" + b"}" * 64),
    "100,000 lists deep": _own(b"[" * 100_000 + b"]" * 100_000),
    "100,000 lists that never end": _own(b"[" * 100_000),
    "a key twice at the top": b'{"type":"myapp.pOiSoN","type":"run_finished"}',
    "a key twice inside": _own(b'{"pOiSoN":1,"pOiSoN":2}'),
    "a key twice, spelled differently": _own(b'{"pOiSoN":1,"p\\u004fiSoN":2}'),
    "a raw NUL in a string": _own(b'"pOiSoN \x00"'),
    "a raw control character in a string": _own(b'"pOiSoN \x1f"'),
    "a trailing comma": _own(b'{"pOiSoN":1,}'),
    "a comment": _own(b'{"pOiSoN":1/* */}'),
    "single quotes": b"{'type':'myapp.pOiSoN'}",
    "a leading zero": _own(b'{"pOiSoN":01}'),
    "a plus": _own(b'{"pOiSoN":+1}'),
    "no digit before the point": _own(b'{"pOiSoN":.5}'),
    "a bad escape": _own(b'"pOiSoN \\x41"'),
    "half an event": b'{"type":"myapp.pOiSoN","data":{"x":',
    "something after it": b'{"type":"myapp.pOiSoN"} {',
    "words": b"pOiSoN",
}

_FIELDS: dict[str, tuple[bytes, str]] = {
    "no object": (b'"pOiSoN"', ""),
    "no type": (b'{"data":{"pOiSoN":1}}', "type"),
    "a type that is a number": (b'{"type":5}', "type"),
    "an unknown type": (b'{"type":"pOiSoN"}', "type"),
    "a type with NUL": (b'{"type":"myapp.pOiSoN\\u0000"}', "type"),
    "a type that would end its line": (b'{"type":"myapp.pOiSoN\\r\\ndata: x\\n\\n"}', "type"),
    "a type with a newline at its end": (b'{"type":"myapp.pOiSoN\\n"}', "type"),
    "a type beyond ASCII": ('{"type":"myapp.pOiSoNä"}'.encode(), "type"),
    "a type of 201 characters": (_event(type="myapp." + "x" * 195), "type"),
    "a type with an empty part": (_event(type=f"myapp..{MARK}"), "type"),
    "a word of the stream as type": (_event(type="hello"), "type"),
    "another field": (_event(more=1), "more"),
    "another run": (_event(run_id="another"), "run_id"),
    "a run that is a number": (_event(run_id=5), "run_id"),
    "an id that is a number": (_event(id=5), "id"),
    "an empty id": (_event(id=""), "id"),
    "an id with NUL": (_event(id="x\0"), "id"),
    "an id that would end its line": (_event(id="x\r\nevent: end\n\n"), "id"),
    "an id with a newline at its end": (_event(id="x\n"), "id"),
    "an id beyond ASCII": (_event(id="ä"), "id"),
    "an id of 201 characters": (_event(id="x" * 201), "id"),
    "seq without epoch": (_event(seq=1), "epoch"),
    "epoch without seq": (_event(epoch="k"), "seq"),
    "a seq of zero": (_event(seq=0, epoch="k"), "seq"),
    "a negative seq": (_event(seq=-1, epoch="k"), "seq"),
    "a seq of 2^53": (_event(seq=2**53, epoch="k"), "seq"),
    "a seq of 2^63": (_event(seq=2**63, epoch="k"), "seq"),
    "a seq of 2^64": (_event(seq=2**64, epoch="k"), "seq"),
    "a seq of 10^30": (_event(seq=10**30, epoch="k"), "seq"),
    "a broken seq": (_event(seq=1.5, epoch="k"), "seq"),
    "a seq as text": (_event(seq="1", epoch="k"), "seq"),
    "a seq that is true": (_event(seq=True, epoch="k"), "seq"),
    "an epoch of 33 characters": (_event(seq=1, epoch="k" * 33), "epoch"),
    "an empty epoch": (_event(seq=1, epoch=""), "epoch"),
    "an epoch with a dash": (_event(seq=1, epoch="k-1"), "epoch"),
    "an epoch with NUL": (_event(seq=1, epoch="k\0"), "epoch"),
    "an epoch that would end its line": (_event(seq=1, epoch="k\r\nid: x"), "epoch"),
    "an epoch with a newline at its end": (_event(seq=1, epoch="k\n"), "epoch"),
    "an epoch of foreign digits": (_event(seq=1, epoch="٣"), "epoch"),
    "an epoch that is a number": (_event(seq=1, epoch=5), "epoch"),
    "a time without zone": (_event(time="2026-11-22T10:00:00"), "time"),
    "a date": (_event(time="2026-11-22"), "time"),
    "the year 10000": (_event(time="10000-01-01T00:00:00Z"), "time"),
    "the year 0": (_event(time="0000-01-01T00:00:00Z"), "time"),
    "a day that is none": (_event(time="2026-02-30T10:00:00Z"), "time"),
    "hour 25": (_event(time="2026-11-22T25:00:00Z"), "time"),
    "a leap second, which a day in Unix time has not": (_event(time="2026-06-30T23:59:60Z"), "time"),
    "an offset of 24 hours": (_event(time="2026-11-22T10:00:00+24:00"), "time"),
    "a time with a newline at its end": (_event(time="2026-11-22T10:00:00Z\n"), "time"),
    "a time of foreign digits": (_event(time="٢٠٢٦-11-22T10:00:00Z"), "time"),
    "a time as seconds": (_event(time=1795341600), "time"),
    "data that is a list": (b'{"type":"log","data":["pOiSoN"]}', "data"),
    "data that is text": (b'{"type":"log","data":"pOiSoN"}', "data"),
    "data that is null": (b'{"type":"log","data":null}', "data"),
    "data that is not there": (b'{"type":"log"}', "data.message"),
    "a score of 6": (
        json.dumps({"type": "score_recorded", "data": {"item_id": "i", "scores": {MARK: 6}}}).encode(),
        "data.scores[*]",
    ),
}


def _wrong_types() -> Iterator[Poison]:
    """Each declared field of each type with a value it cannot have, the other fields left as they must be."""
    for type_, shape in DATA.items():
        declared = inspect.type_info(shape)
        assert isinstance(declared, inspect.StructType)
        needed = {field.name: _example(field.type) for field in declared.fields if field.required}
        for field in declared.fields:
            if isinstance(field.type, inspect.AnyType):
                continue
            wrong = {"pOiSoN": [None]} if not _takes_objects(field.type) else [MARK]
            text = json.dumps({"type": type_, "data": {**needed, field.name: wrong}}).encode()
            yield Poison(f"{type_} with a wrong {field.name}", text, "invalid-event", f"data.{field.encode_name}")


def _takes_objects(shape: inspect.Type) -> bool:
    if isinstance(shape, inspect.UnionType):
        return any(_takes_objects(one) for one in shape.types)
    return isinstance(shape, (inspect.DictType, inspect.StructType))


def _example(shape: inspect.Type) -> Any:
    if isinstance(shape, inspect.LiteralType):
        return shape.values[0]
    if isinstance(shape, inspect.StrType):
        return MARK
    if isinstance(shape, inspect.IntType):
        return 1
    if isinstance(shape, inspect.ListType):
        return []
    if isinstance(shape, inspect.EnumType):
        return next(iter(shape.cls)).value
    assert isinstance(shape, inspect.StructType), shape
    return {field.name: _example(field.type) for field in shape.fields if field.required}


POISONS: list[Poison] = [
    *(Poison(name, text, "not-json") for name, text in _NOT_JSON.items()),
    *(Poison(name, text, "invalid-event", path) for name, (text, path) in _FIELDS.items()),
    *_wrong_types(),
    Poison("256 KiB and a byte", _own(b'"%b"' % (b"x" * MAX_EVENT_BYTES)), "too-large"),
]

_CLOUD: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/s", "type": f"myapp.{MARK}"}


def _cloud(**parts: Any) -> bytes:
    return msgspec.json.encode({name: value for name, value in {**_CLOUD, **parts}.items() if value is not None})


CLOUD_POISONS: list[Poison] = [
    Poison(name, text, "invalid-event", path)
    for name, text, path in (
        ("another version", _cloud(specversion="0.3"), "specversion"),
        ("no version", _cloud(specversion=None), "specversion"),
        ("no id", _cloud(id=None), "id"),
        ("an id that is a number", _cloud(id=5), "id"),
        ("an id that would end its line", _cloud(id="x\r\ny"), "id"),
        ("no source", _cloud(source=None), "source"),
        ("no type", _cloud(type=None), "type"),
        ("an unknown type", _cloud(type=MARK), "type"),
        ("binary data", _cloud(data_base64="cE9pU29O"), "data_base64"),
        ("xml", _cloud(datacontenttype="text/xml", data="<x/>"), "datacontenttype"),
        ("a wrong time", _cloud(time="yesterday"), "time"),
        ("epoch without sequence", _cloud(epoch="k"), "seq"),
        ("sequence without epoch", _cloud(sequence="1"), "epoch"),
        ("a sequence that is no number", _cloud(epoch="k", sequence="x"), "sequence"),
        ("a negative sequence", _cloud(epoch="k", sequence="-1"), "sequence"),
        ("a sequence of 2^63", _cloud(epoch="k", sequence=str(2**63)), "sequence"),
        ("a sequence of zero", _cloud(epoch="k", sequence=0), "sequence"),
        ("data of a known type that does not fit", _cloud(type="log", data={MARK: 1}), "data.message"),
        ("no object", b'["pOiSoN"]', ""),
    )
]
