"""Decisions that need no service: what a tail holds, where a place leads, how frames are cut."""

import json
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.telemetry.core import frames
from services.telemetry.core.bodies import split_body
from services.telemetry.core.incoming import take_event
from services.telemetry.core.live_backlog import LiveBacklog
from services.telemetry.core.tail import BLOCK_BYTES, Tail
from shared import strict_json
from shared.limits import LIVE_LOG_EVENTS

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


def sized(seq: int, size: int) -> bytes:
    head = f"id: k-{seq}\nevent: my.a\ndata: ".encode()
    return head + b"x" * (size - len(head) - 2) + b"\n\n"


@given(st.lists(st.integers(40, 3000), max_size=200), st.integers(5000, 20_000))
def test_a_tail_holds_the_newest_events_within_its_bytes(sizes: list[int], limit: int) -> None:
    tail = Tail(limit_bytes=limit)
    for seq, size in enumerate(sizes, 1):
        tail.append(sized(seq, size), single=seq % 3 == 0)
    assert tail.high == len(sizes)
    assert tail.size_bytes <= limit or tail.high - tail.base == 1
    held = list(tail.between(tail.base, tail.high))
    assert [frames.place_of(frame) for frame in held] == [f"k-{seq}" for seq in range(tail.base + 1, tail.high + 1)]
    assert tail.singles(tail.base, tail.high) == [seq for seq in range(tail.base + 1, tail.high + 1) if seq % 3 == 0]
    assert tail.frame(tail.base) is None
    assert not tail.holds(tail.base - 1)


def test_chunks_of_a_tail_end_at_the_same_places_wherever_they_begin() -> None:
    tail = Tail()
    for seq in range(1, 1001):
        tail.append(sized(seq, 1000), single=False)
    stops = {tail.stop(after, 1000) for after in range(1000)}
    assert len(stops) == 1000 * 1000 // BLOCK_BYTES + 1
    for earlier, later in pairwise(sorted(stops)):
        assert sum(len(frame) for frame in tail.between(earlier, later)) <= BLOCK_BYTES + 1000


def test_a_backlog_keeps_judgements_raised_alerts_the_newest_ranking_and_the_newest_log_lines() -> None:
    backlog = LiveBacklog()
    backlog.take(1, "score_recorded", {}, b"s")
    backlog.take(2, "ranking_changed", {}, b"old")
    for seq in range(3, 3 + LIVE_LOG_EVENTS + 5):
        backlog.take(seq, "log", {}, b"l")
    backlog.take(300, "alert", {"alert_id": "a", "state": "raised"}, b"raised")
    backlog.take(301, "alert", {"alert_id": "a", "state": "raised"}, b"raised again")
    backlog.take(302, "alert", {"alert_id": "b", "state": "raised"}, b"b")
    backlog.take(303, "alert", {"alert_id": "b", "state": "cleared"}, b"b gone")
    backlog.take(304, "ranking_changed", {}, b"new")
    found = backlog.frames()
    assert [placed.seq for placed in found] == [1, *range(8, 8 + LIVE_LOG_EVENTS), 301, 304]
    assert backlog.frames() is found


def test_frames_can_be_cut_into_every_form() -> None:
    frame = frames.event_frame("k", 7, "my.a", b'{"data":"\\nevent: x"}')
    assert frames.line_of(frame) == b'{"data":"\\nevent: x"}'
    assert frames.type_of(frame) == "my.a"
    assert frames.without_event(frame) == b'id: k-7\ndata: {"data":"\\nevent: x"}\n\n'
    assert frames.with_id(frame, "a:k-7").startswith(b"id: a:k-7\nevent: my.a\n")
    word = frames.word("hello", None, {}, retry_ms=5)
    assert frames.without_event(word) == b'retry: 5\ndata: {"type":"hello","run_id":null}\n\n'
    assert frames.without_event(frames.word("end", "a", {})).startswith(b"data: ")
    assert frames.place_of(frame) == "k-7"
    assert frames.place_of(word) is None


@given(st.lists(JSON_VALUES, min_size=1, max_size=6), st.sampled_from([None, 1, 2]), st.booleans())
def test_an_array_in_any_spelling_is_taken_apart_into_its_elements(
    values: list[object], indent: int | None, ascii_only: bool
) -> None:
    texts = [json.dumps({"type": "my.a", "data": value}, ensure_ascii=ascii_only) for value in values]
    array = json.dumps([json.loads(text) for text in texts], indent=indent, ensure_ascii=ascii_only).encode()
    for content_type, body in (
        ("application/json", array),
        ("", array),
        ("application/x-ndjson", "\n".join(texts).encode()),
        ("", "\n".join(texts).encode()),
        ("", "".join(texts).encode()),
    ):
        found = split_body(content_type, body)
        assert [found.take(text, "a").value for text in found.texts] == values


@given(JSON_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_taking_json_fast_is_taking_it_strictly(value: object, indent: int | None, ascii_only: bool) -> None:
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert strict_json.take(raw) == (strict_json.loads(raw), strict_json.compact(raw))


@given(st.binary(max_size=40) | st.text(alphabet='{}[]":,\\u0123dE+-.aNtrue \ufeff', max_size=30).map(str.encode))
def test_what_is_refused_strictly_is_refused_fast(raw: bytes) -> None:
    def slowly(raw: bytes) -> object:
        return strict_json.loads(raw), strict_json.compact(raw.removeprefix(b"\xef\xbb\xbf"))

    assert outcome(strict_json.take, raw) == outcome(slowly, raw)


def outcome(read: Callable[[bytes], object], raw: bytes) -> object:
    try:
        return read(raw)
    except strict_json.NotJson as error:
        return str(error)


def test_data_of_an_event_is_the_slice_that_was_sent() -> None:
    event = take_event(b'{"data": {"z": 1.50, "a": [ "\xc3\xa9" ]}, "type": "my.a"}', "a")
    assert event.data == b'{"z":1.50,"a":["\\u00e9"]}'
    assert event.value == {"z": 1.5, "a": ["é"]}
