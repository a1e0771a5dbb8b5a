"""JSON as we take it from strangers: what a page could not read, or what two readers could read differently, is refused.

Refused: empty input, bytes that are no UTF-8, ``NaN`` and ``Infinity``, numbers beyond a double, lone surrogates,
duplicate keys, nesting deeper than ``MAX_JSON_DEPTH``. What is taken can be written in one form only: ``compact``.
"""

import json
import math
import re
from typing import Any, NoReturn

import msgspec

from shared.limits import MAX_JSON_DEPTH

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_SAFE_INTEGER = 300
"""Digits an integer may have before it has to be checked against the range of a double."""
_LONG_INTEGER = re.compile(rb"[0-9]{%d}" % _LONGEST_SAFE_INTEGER)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


class NotJson(ValueError):
    """The text is not JSON as we take it; the message says why, in words for the person who sent it."""


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON; send null or a number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJson(f"the number {text[:40]} is beyond a double")
    return number


def _bounded(text: str) -> int:
    if len(text) > _LONGEST_SAFE_INTEGER:
        raise NotJson(f"the number {text[:20]}... is beyond a double")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(f"the key {key[:60]!r} stands twice in one object")
            seen.add(key)
    return made


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_finite, parse_int=_bounded, parse_constant=_refuse_constant
)


def loads(raw: bytes) -> Any:
    """The value the bytes spell; raises ``NotJson`` with the reason."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 at byte {error.start}") from error
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise NotJson("empty: a JSON value was expected")
    if raw.count(b"[") + raw.count(b"{") > MAX_JSON_DEPTH and _depth(raw) > MAX_JSON_DEPTH:
        raise NotJson(f"nested deeper than {MAX_JSON_DEPTH}")
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise NotJson(f"nested deeper than {MAX_JSON_DEPTH}") from error
    if "\\ud" in text or "\\uD" in text:
        _refuse_surrogates(value)
    return value


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for byte in _STRING.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _refuse_surrogates(value: Any) -> None:
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise NotJson("a string holds half a character (a lone surrogate)")
    elif isinstance(value, list):
        for item in value:
            _refuse_surrogates(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_surrogates(key)
            _refuse_surrogates(item)


def _escape(match: re.Match[bytes]) -> bytes:
    return json.dumps(json.loads(match[0])).encode("ascii")


def compact(raw: bytes) -> bytes:
    """The same JSON in our one form: no white space outside strings, ASCII only, ``\\uXXXX`` in lower case.

    Key order and the spelling of numbers stay. Call it only with bytes ``loads`` has taken.
    """
    short = msgspec.json.format(raw, indent=-1)
    if short.isascii() and b"\\" not in short:
        return short
    return _STRING.sub(_escape, short)


def take(raw: bytes) -> tuple[Any, bytes]:
    """The value the bytes spell, and the bytes in the form of ``compact``; raises ``NotJson`` with the reason.

    The same as ``loads`` and ``compact``, several times faster for what is spelled as most programs spell it: what
    comes back equal after a round trip through a fast reader has lost no key, no number and no character.
    """
    try:
        value = _read(raw)
        written = _write(value)
        short = raw if written == raw else msgspec.json.format(raw, indent=-1)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _take_slowly(raw)
    plain = raw.count(b"[") + raw.count(b"{") <= MAX_JSON_DEPTH and not _LONG_INTEGER.search(raw)
    if not plain or written != short:
        return _take_slowly(raw)
    if short.isascii() and b"\\" not in short:
        return value, short
    return value, _STRING.sub(_escape, short)


def _take_slowly(raw: bytes) -> tuple[Any, bytes]:
    return loads(raw), compact(raw.removeprefix(_BYTE_ORDER_MARK))


def dumps(value: Any) -> bytes:
    """Our own value in the same form; raises ``ValueError`` for what JSON cannot hold (NaN, infinities)."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
