"""The service tests itself by its own door; nobody sees it but readiness and two metrics."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from services.telemetry.adapters.own_door import OwnDoor, reachable
from services.telemetry.flows.canary import Canary, TripFailed
from services.telemetry.flows.counters import Counters
from tests.telemetry.fakes import FakeTimers
from tests.telemetry.server import Server, log, numbered

FAST = {"ACM2_CANARY_INTERVAL_S": "0.02"}


@pytest.fixture
def eager(tmp_path: Path) -> Iterator[Server]:
    """A service that tests itself all the time."""
    server = Server(tmp_path, environment=dict(FAST))
    server.start()
    yield server
    assert "Traceback" not in server.errors, server.errors
    server.close()


def trips(server: Server) -> float:
    return server.metric("acm2_canary_trips_total")


def rows(server: Server) -> tuple[int, int, int]:
    """Runs, batches and deleted runs in the store."""
    with closing(sqlite3.connect(server.folder / "telemetry" / "events.sqlite3")) as database:
        runs, batches, deleted = (
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("runs", "batches", "deleted")
        )
    return runs, batches, deleted


def test_an_event_comes_back_through_the_door_and_shows_nowhere_else(eager: Server) -> None:
    with eager.stream("/live") as summary:
        summary.next()
        eager.wait_until("it has gone round often", lambda: trips(eager) > 20)
        assert eager.metric("acm2_canary_latency_seconds") > 0
        assert eager.metric("acm2_canary_failures_total") == 0
        assert eager.get("/health/ready").status_code == 200
        assert eager.get("/runs").json() == {"runs": [], "next": None}
        for name in ("accepted", "stored", "duplicate", "fanned_out"):
            assert eager.metric(f"acm2_events_{name}_total") == 0
        assert eager.metric('acm2_subscribers{stream="log"}') == 0
        eager.post("a", *numbered(1, log("1")))
        assert summary.next().data["run_id"] == "a"
    assert [one["run_id"] for one in eager.get("/runs").json()["runs"]] == ["a"]
    assert eager.metric("acm2_events_stored_total") == 1
    assert "canary-" not in eager.get("/metrics").text


def test_it_takes_no_room_however_long_it_goes_on(eager: Server) -> None:
    for _ in range(2):
        before = trips(eager)
        eager.wait_until("it has gone round often", lambda before=before: trips(eager) > before + 20)
        assert rows(eager) == (1, 1, 0)
        eager.stop()
        eager.start()


def test_a_drain_ends_it_in_good_order(eager: Server) -> None:
    eager.wait_until("it goes round", lambda: trips(eager) > 3)
    assert eager.stop() == 0
    assert eager.errors == ""
    eager.start()


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.2"])
def test_it_finds_its_door_at_any_host(tmp_path: Path, host: str) -> None:
    server = Server(tmp_path, environment={**FAST, "ACM2_HOST": host, "ACM2_INSECURE": "1"})
    server.start()
    try:
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        server.wait_until("it goes round", lambda: trips(server) > 3)
        assert server.metric("acm2_canary_failures_total") == 0
    finally:
        server.close()


def test_where_a_service_can_be_reached() -> None:
    found = [reachable(host) for host in ("0.0.0.0", "::", "::1", "127.0.0.1", "10.1.2.3", "telemetry.lan")]
    assert found == ["127.0.0.1", "::1", "::1", "127.0.0.1", "10.1.2.3", "telemetry.lan"]


async def test_two_failures_in_a_row_are_told_with_the_reason_and_one_success_ends_it() -> None:
    canary = Canary("c", FakeTimers(), Counters(), interval_s=1)

    async def fails(_number: int) -> None:
        raise TripFailed("its stream ended too early")

    async def succeeds(_number: int) -> None:
        return

    shown: list[str | None] = []
    for trip in (fails, succeeds, fails, fails, fails, succeeds):
        await canary.beat(trip)
        shown.append(canary.failing)
    reason = "its stream ended too early"
    assert shown == [None, None, None, reason, reason, None]
    assert (canary.trips, canary.failures, canary.latency_s) == (6, 4, 0.0)


async def test_a_bug_in_it_is_counted_and_told_like_any_other_failure() -> None:
    counters = Counters()
    canary = Canary("c", FakeTimers(), counters, interval_s=1)

    async def breaks(_number: int) -> None:
        raise ZeroDivisionError

    for _ in range(2):
        await canary.beat(breaks)
    assert canary.failing == "ZeroDivisionError"
    assert counters.hop_faults == {"canary": 2}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "its stream was answered with nothing"),
        (b'HTTP/1.1 403 Forbidden\r\n\r\n{"detail": "unknown host"}', "403 Forbidden: unknown host"),
        (b"HTTP/1.1 200 OK\r\n\r\nevent: something", "its stream ended too early"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000, "more than"),
    ],
)
async def test_a_door_that_answers_wrongly_is_said_to(answer: bytes, reason: str) -> None:
    async def serve(client: anyio.abc.SocketStream) -> None:
        async with client:
            await client.receive()
            if answer:
                await client.send(answer)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.start_soon(listener.serve, serve)
        with pytest.raises(TripFailed, match=reason):
            await OwnDoor("127.0.0.1", port, "c")(1)
        tasks.cancel_scope.cancel()


async def test_a_door_that_is_shut_is_said_to_be() -> None:
    with pytest.raises(TripFailed, match="no connection"):
        await OwnDoor("127.0.0.1", 1, "c")(1)
