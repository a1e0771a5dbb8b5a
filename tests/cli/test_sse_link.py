"""A held stream: what is asked for again, what is waited for, and what ends it."""

import random
from collections.abc import Callable

import anyio
import pytest

from services.cli.clients.frames import Frame, LinkDown, LinkUp, Signal
from services.cli.clients.http_service import connect
from services.cli.clients.sse_link import SseLink
from services.cli.errors import Refused
from tests.cli.fake_server import FakeServer, Script, fake_server, problem, says, streams
from tests.cli.runs import end, hello, numbers

PATH = "/stream"


class Sleeper:
    """Takes note of every wait instead of waiting."""

    def __init__(self) -> None:
        self.waits_s: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        await anyio.lowlevel.checkpoint()


async def held(server: FakeServer, *scripts: Script, sleeper: Sleeper, emit: Callable[[Signal], None]) -> None:
    server.on("GET", PATH, *scripts)
    async with connect("telemetry", server.url) as service:
        link = SseLink(
            service,
            PATH,
            {},
            rng=random.Random(1),
            heartbeat_s=0.1,
            sleep=sleeper.sleep,
            time_of_day=lambda: "10:15:32",
        )
        with anyio.fail_after(60):
            await link.hold(emit)


async def signals_of(*scripts: Script) -> tuple[list[Signal], Sleeper, FakeServer]:
    signals: list[Signal] = []
    sleeper = Sleeper()
    async with fake_server() as server:
        await held(server, *scripts, sleeper=sleeper, emit=signals.append)
    return signals, sleeper, server


async def test_a_stream_that_says_nothing_any_more_is_given_up_and_opened_again() -> None:
    signals, _, server = await signals_of(streams(hello(), numbers(5), hang=True), streams(hello(), end("completed")))
    downs = [signal for signal in signals if isinstance(signal, LinkDown)]
    assert [(down.since, down.reason) for down in downs] == [("10:15:32", "no sign of life in time")]
    assert [request.headers.get("last-event-id") for request in server.requests] == [None, "k3v9-5"]


async def test_what_breaks_half_way_is_asked_for_again_with_the_last_whole_id() -> None:
    cut = numbers(7)[:-5]
    signals, _, server = await signals_of(streams(hello(), numbers(5), cut), streams(hello(), end("completed")))
    assert server.requests[1].headers["last-event-id"] == "k3v9-5"
    assert [signal.data["seq"] for signal in signals if isinstance(signal, Frame) and "seq" in signal.data] == [5, 99]


async def test_the_service_says_how_long_to_wait_and_failures_make_it_longer() -> None:
    _, sleeper, _ = await signals_of(streams(hello()), says("", 502), says("", 502), streams(hello(), end("completed")))
    first, second, third = sleeper.waits_s
    assert 0.015 <= first <= 0.02
    assert first < second < third <= 0.08


async def test_a_wait_is_never_longer_than_the_ceiling() -> None:
    _, sleeper, _ = await signals_of(*[says("", 502)] * 30, streams(hello(), end("completed")))
    assert len(sleeper.waits_s) == 30
    assert max(sleeper.waits_s) <= 5


async def test_no_content_ends_it_for_good() -> None:
    signals, _, server = await signals_of(streams(hello()), says("", 204))
    assert len(server.requests) == 2
    assert isinstance(signals[-1], LinkDown)


async def test_a_drain_is_named_and_its_wait_is_kept() -> None:
    drain = b'event: drain\ndata: {"type": "drain", "retry_ms": 400}\n\n'
    signals, sleeper, _ = await signals_of(streams(hello(), drain), streams(hello(), end("completed")))
    assert [signal.reason for signal in signals if isinstance(signal, LinkDown)] == ["the service is going away"]
    assert 0.3 <= sleeper.waits_s[0] <= 0.4


async def test_what_is_no_json_is_a_broken_link_and_no_crash() -> None:
    signals, _, _ = await signals_of(
        streams(hello(), b"event: log\nid: k3v9-6\ndata: {oops\n\n"), streams(hello(), end("completed"))
    )
    assert [signal.reason for signal in signals if isinstance(signal, LinkDown)] == ["the service sent what is no JSON"]


async def test_what_is_no_stream_is_a_broken_link() -> None:
    signals, _, _ = await signals_of(says("<html>"), streams(hello(), end("completed")))
    assert isinstance(signals[1], LinkDown)
    assert "text/event-stream" in signals[1].reason
    assert isinstance(signals[0], LinkUp)


async def test_a_final_no_is_raised() -> None:
    async with fake_server() as server:
        no = problem(404, "unknown-run", "no such run")
        with pytest.raises(Refused, match="no such run"):
            await held(server, no, sleeper=Sleeper(), emit=lambda _: None)
