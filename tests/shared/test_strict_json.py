import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.strict_json import NotJson, compact, dumps, loads

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"NaN", "NaN is not JSON"),
        (b'{"a":Infinity}', "Infinity is not JSON"),
        (b"[1e999]", "beyond a double"),
        (b"[" + b"9" * 400 + b"]", "beyond a double"),
        (b'{"m":"\\ud83d"}', "surrogate"),
        (b'{"\\uDE00":1}', "surrogate"),
        (b'{"a":1,"a":2}', "stands twice"),
        (b'{"x":{"a":1,"b":2,"a":3}}', "stands twice"),
        (b"[" * 33 + b"]" * 33, "nested deeper than 32"),
        (b"[" * 100_000, "nested deeper than 32"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a":}', "line 1 column 6"),
        (b'{"a":1} x', "Extra data"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused_with_its_reason(raw: bytes, why: str) -> None:
    with pytest.raises(NotJson, match=why):
        loads(raw)


def test_brackets_inside_strings_are_no_depth() -> None:
    assert loads(json.dumps(["[" * 100]).encode()) == ["[" * 100]


def test_a_surrogate_pair_is_a_character_and_is_taken() -> None:
    assert loads(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_compact_keeps_key_order_and_number_spelling_and_writes_ascii_in_lower_case() -> None:
    raw = '{ "b": 1.10, "a" : [1E5, "\N{LATIN SMALL LETTER E WITH ACUTE}\\u00E9\\/ x\u2028"] }'.encode()
    assert compact(raw) == b'{"b":1.10,"a":[1E5,"\\u00e9\\u00e9/ x\\u2028"]}'


@given(JSON_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_compact_changes_the_spelling_and_never_the_value(value: object, indent: int | None, ascii_only: bool) -> None:
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    short = compact(raw)
    assert short.isascii()
    assert loads(short) == loads(raw)
    assert compact(short) == short


@given(JSON_VALUES)
def test_our_own_values_are_written_in_the_compact_form(value: object) -> None:
    assert compact(dumps(value)) == dumps(value)
