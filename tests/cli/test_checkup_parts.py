"""The parts of the check-up that need no service: clocks, addresses, the log as it came, lines for people."""

import socket
import sys
from pathlib import Path

import pytest

from services.cli.checkup.clock_off import clock_finding, clock_off_s
from services.cli.checkup.exposure import exposure
from services.cli.checkup.finding import well, wrong
from services.cli.checkup.received import Received
from services.cli.commands.doctor import exit_code
from services.cli.processes.listening import addresses, listening_at
from services.cli.showing.finding_line import finding_line

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_S = 1_795_348_800.0
TABLE = """  sl  local_address rem_address   st
   0: 0100007F:1F42 00000000:0000 0A 00000000:00000000
   1: 00000000:1F42 00000000:0000 0A 00000000:00000000
   2: 0200A8C0:1F42 00000000:0000 01 00000000:00000000
"""
TABLE_6 = """  sl  local_address rem_address   st
   0: 00000000000000000000000001000000:1F43 00000000000000000000000000000000:0000 0A
   1: 0000000000000000FFFF00000100007F:1F43 00000000000000000000000000000000:0000 0A
"""


@pytest.mark.parametrize(
    ("ours_s", "off_s"),
    [(NOON_S, 0.0), (NOON_S + 1.9, 0.0), (NOON_S - 5, 4.9), (NOON_S + 10, -8.0)],
)
def test_a_clock_is_off_only_as_far_as_that_is_certain(ours_s: float, off_s: float) -> None:
    assert clock_off_s(NOON, ours_s, ours_s + 0.1) == pytest.approx(off_s)


def test_an_unreadable_date_is_no_time() -> None:
    assert clock_off_s("soon", NOON_S, NOON_S) is None
    assert clock_off_s(None, NOON_S, NOON_S) is None
    assert not clock_finding("telemetry", None).ok


def test_two_seconds_are_borne() -> None:
    assert clock_finding("telemetry", 2.0).ok
    assert not clock_finding("telemetry", -2.1).ok


def test_addresses_are_read_as_the_kernel_writes_them() -> None:
    assert addresses(TABLE, 8002) == {"127.0.0.1", "0.0.0.0"}
    assert addresses(TABLE_6, 8003) == {"::1", "127.0.0.1"}
    assert addresses("", 8002) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_real_listener_is_found_at_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert listening_at(taken.getsockname()[1]) == frozenset({"127.0.0.1"})


def test_where_nothing_can_be_read_nothing_is_claimed(tmp_path: Path) -> None:
    assert listening_at(8002, proc=tmp_path) is None


def test_a_listener_for_everybody_is_an_open_door() -> None:
    found = exposure("telemetry", "http://127.0.0.1:8003", lambda _: frozenset({"0.0.0.0"}))
    assert not found.ok
    assert "no token" in found.what
    assert "--host 127.0.0.1" in found.mend
    assert exposure("telemetry", "http://127.0.0.1:8003", lambda _: frozenset({"127.0.0.1", "::1"})).ok


def test_where_the_system_says_nothing_it_is_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert exposure("telemetry", url, lambda _: None).ok


def test_a_service_elsewhere_that_asks_for_no_token_is_open() -> None:
    assert not exposure("the executor", "https://acm2.example.org", lambda _: frozenset()).ok


def test_what_came_out_of_order_is_told() -> None:
    received = Received()
    for seq in (1, 3):
        received.take("log", {"epoch": "k", "seq": seq, "data": {}}, "{}")
    assert any("out of order" in said for said in received.differences({}))


def test_a_claim_that_does_not_fit_is_told() -> None:
    received = Received()
    received.take("log", {"epoch": "k", "seq": 1, "data": {}}, "{}")
    received.take("run_finished", {"epoch": "k", "seq": 2, "data": {"events": 9, "digest": "0"}}, "{}")
    facts = {"count": 2, "digest": received.digest, "complete": True}
    received.take("end", facts, "{}")
    assert received.differences(facts) == ["the executor wrote 9 events before the last, 1 came"]


def test_findings_are_one_line_each() -> None:
    assert finding_line(well("x", "it  runs")) == "ok  it runs"
    assert finding_line(wrong("x", "it\nis gone", "start it")) == "!!  it is gone — start it"


def test_the_exit_code_is_of_the_worst() -> None:
    bad, away = wrong("x", "bad", "mend"), wrong("x", "away", "start", unreachable=True)
    assert exit_code([]) == 0
    assert exit_code([well("x", "fine"), bad]) == 1
    assert exit_code([bad, away]) == 69
