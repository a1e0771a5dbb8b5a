"""Where a service shall be: free, taken by one of ours, taken by something else, or just becoming free."""

import pytest

from services.cli.errors import Unreachable
from services.cli.processes.find_services import EXECUTOR_MARK
from services.cli.processes.port_holder import command_of, parent_of
from services.cli.processes.seats import find_seat
from tests.cli.fake_server import FakeServer, answers, fake_server, problem, says
from tests.free_port import free_port

HOST = "127.0.0.1"


def port_of(server: FakeServer) -> int:
    return int(server.url.rpartition(":")[2])


def ours(server: FakeServer) -> None:
    server.on("GET", "/metrics", says(f"{EXECUTOR_MARK} 0.0\n"))
    server.on("GET", "/health/ready", answers({"status": "ready"}))


async def test_a_free_place_is_free() -> None:
    seat = await find_seat("executor", HOST, free_port(HOST), lambda _: None, reuse=False)
    assert (seat.free, seat.waited) == (True, False)
    assert seat.url == f"http://{HOST}:{seat.port}"


async def test_any_free_port_can_be_had() -> None:
    assert (await find_seat("executor", HOST, 0, lambda _: None, reuse=True)).port > 0


async def test_one_of_ours_is_used_as_it_is_where_that_is_wanted() -> None:
    async with fake_server() as server:
        ours(server)
        assert not (await find_seat("executor", HOST, port_of(server), lambda _: None, reuse=True)).free
        with pytest.raises(Unreachable, match="the executor runs already") as refused:
            await find_seat("executor", HOST, port_of(server), lambda _: None, reuse=False)
    assert "acm2 run" in str(refused.value)


async def test_something_else_is_named_with_the_way_out() -> None:
    async with fake_server() as server:
        server.on("GET", "/metrics", says("nginx_up 1"))
        with pytest.raises(Unreachable, match="is taken by") as refused:
            await find_seat("executor", HOST, port_of(server), lambda _: None, reuse=True)
    assert "--executor-port" in str(refused.value)


async def test_one_that_is_just_starting_is_waited_for() -> None:
    told: list[str] = []
    async with fake_server() as server:
        ours(server)
        server.on("GET", "/health/ready", problem(503, "unavailable", "going"), answers({"status": "ready"}))
        seat = await find_seat("executor", HOST, port_of(server), told.append, reuse=True)
    assert not seat.free
    assert told == [f"the executor at {server.url} is just starting or ending; waiting for it"]


def test_of_a_process_nobody_can_read_nothing_is_known() -> None:
    assert parent_of(2**22 + 1) is None
    assert command_of(2**22 + 1) == ""
