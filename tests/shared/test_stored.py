import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.digest import EMPTY, extend
from shared.ids import Position, is_epoch, is_run_id, make_epoch, make_run_id, parse_position
from shared.status import FINAL, NEXT, RunStatus, may_follow
from shared.stored import format_time, is_single, parse_time, read_line, write_line


def test_a_stored_line_has_the_fields_in_the_promised_order() -> None:
    line = write_line(
        type_="log", run_id="r", seq=3, epoch="k3", id_='a"b\\', time="2026-11-22T10:00:00Z", data=b'{"message":"m"}'
    )
    assert line == (
        b'{"type":"log","run_id":"r","seq":3,"epoch":"k3","id":"a\\"b\\\\","time":"2026-11-22T10:00:00Z",'
        b'"data":{"message":"m"}}'
    )
    back = read_line(line)
    assert (back.type, back.seq, back.id, bytes(back.data)) == ("log", 3, 'a"b\\', b'{"message":"m"}')


def test_an_absent_id_is_left_out() -> None:
    line = write_line(type_="a.b", run_id="r", seq=1, epoch="e", id_=None, time="2026-11-22T10:00:00Z", data=b"1")
    assert list(json.loads(line)) == ["type", "run_id", "seq", "epoch", "time", "data"]


def test_the_digest_is_the_chain_of_the_contract() -> None:
    first = hashlib.sha256(b"one").digest()
    assert extend(EMPTY, [b"one", b"two"]) == hashlib.sha256(first + b"two").digest()
    assert extend(EMPTY, []) == b""


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-22", "2026-11-22T10:00:00", "20261122T100000Z", "2026-13-01T00:00:00Z"]
)
def test_a_time_without_its_offset_is_no_time(text: str) -> None:
    assert parse_time(text) is None


@given(st.integers(0, 4_000_000_000_000))
def test_times_are_written_and_read_to_the_millisecond(ms: int) -> None:
    assert parse_time(format_time(ms)) == ms


def test_a_fraction_of_a_millisecond_is_cut_off_and_an_offset_counts() -> None:
    assert parse_time("2026-11-22T10:00:00.1239Z") == parse_time("2026-11-22T12:00:00.123+02:00")


@pytest.mark.parametrize("text", ["k3v9", "k3v9-", "-1", "k3v9-01", "k3v9-x", "k3v9-1-2", "", "k3v9-" + "9" * 40])
def test_what_is_no_position_is_told_apart(text: str) -> None:
    assert parse_position(text) is None


def test_a_position_is_read_as_it_is_written() -> None:
    assert parse_position(str(Position("k3v9", 17))) == Position("k3v9", 17)


@given(st.integers(0, 2**64))
def test_made_ids_are_valid(number: int) -> None:
    assert is_run_id(make_run_id("20261122-100000", number))
    assert is_epoch(make_epoch(number))


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a b", "x" * 65, "é", "a\n"])
def test_what_no_url_can_carry_is_no_run_id(text: str) -> None:
    assert not is_run_id(text)


def test_a_final_status_is_left_only_by_a_resume() -> None:
    for status in FINAL:
        assert NEXT[status] == {RunStatus.RUNNING}
    assert set(NEXT) == set(RunStatus)
    assert not may_follow(RunStatus.CANCELLED, RunStatus.FAILED)


def test_singles_are_what_the_live_view_never_skips() -> None:
    assert is_single("score_recorded")
    assert is_single("myapp.step")
    assert not is_single("call_started")
