"""Whether the provider counted a request: proven against sockets that end at every point of an exchange."""

import socket
import time
from collections.abc import AsyncIterator

import anyio
import pytest

from fpf.abort import Abort
from fpf.transport import HttpSender, open_sender
from fpf.wire import HttpReply
from shared.failures import FailureKind
from shared.llm_call import LlmFailure
from tests.fpf.builders import a_call
from tests.fpf.raw_server import Connection, raw_server

FULL = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    async with open_sender(time.time) as opened:
        yield opened


async def failed(sender: HttpSender, url: str, timeout_s: float = 30.0, abort: Abort | None = None) -> LlmFailure:
    outcome = await sender.send(a_call(url=url, timeout_s=timeout_s), abort or Abort())
    assert isinstance(outcome, LlmFailure), outcome
    return outcome


async def test_a_refused_connection_was_not_sent(sender: HttpSender) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        failure = await failed(sender, f"http://127.0.0.1:{bound.getsockname()[1]}/")
    assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, "no")
    assert "refused" in failure.message.lower()


async def test_a_name_nobody_has_was_not_sent(sender: HttpSender) -> None:
    failure = await failed(sender, f"http://{'a' * 64}.localhost/")
    assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, "no")


async def test_a_connection_that_is_never_taken_was_not_sent(sender: HttpSender) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for queued in (first, second):
            queued.setblocking(False)
            queued.connect_ex(full.getsockname())
        failure = await failed(sender, f"http://127.0.0.1:{full.getsockname()[1]}/", timeout_s=0.3)
    assert (failure.kind, failure.sent) == (FailureKind.TIMEOUT, "no")


async def test_a_cancel_before_it_begins_was_not_sent(sender: HttpSender) -> None:
    async with raw_server(Connection.hang) as server:
        abort = Abort()
        abort.cancel()
        failure = await failed(sender, server.url, abort=abort)
        assert (failure.kind, failure.sent) == (FailureKind.CANCELLED, "no")
        assert server.requests == 0


async def test_a_failed_handshake_was_not_sent(sender: HttpSender) -> None:
    async def no_tls(connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with raw_server(no_tls) as server:
        failure = await failed(sender, server.url.replace("http:", "https:"))
    assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, "no")


@pytest.mark.parametrize("end", [Connection.close, Connection.reset])
async def test_an_end_before_any_byte_of_an_answer_may_have_been_sent(sender: HttpSender, end: object) -> None:
    async def read_and_end(connection: Connection) -> None:
        await connection.read_request()
        assert callable(end)
        await end(connection)

    async with raw_server(read_and_end) as server:
        failure = await failed(sender, server.url)
        assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, "maybe")
        assert server.requests == 1


async def test_silence_after_the_request_may_have_been_sent(sender: HttpSender) -> None:
    async def read_and_hang(connection: Connection) -> None:
        await connection.read_request()
        await connection.hang()

    async with raw_server(read_and_hang) as server:
        failure = await failed(sender, server.url, timeout_s=0.3)
        assert (failure.kind, failure.sent) == (FailureKind.TIMEOUT, "maybe")
        assert server.requests == 1


async def test_a_cancel_while_waiting_may_have_been_sent(sender: HttpSender) -> None:
    abort = Abort()

    async def read_and_have_it_cancelled(connection: Connection) -> None:
        await connection.read_request()
        abort.cancel()
        await connection.hang()

    async with raw_server(read_and_have_it_cancelled) as server:
        failure = await failed(sender, server.url, abort=abort)
    assert (failure.kind, failure.sent) == (FailureKind.CANCELLED, "maybe")


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 2"])
async def test_the_beginning_of_a_head_was_sent(sender: HttpSender, begun: bytes) -> None:
    async def begin_a_head(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(begun)

    async with raw_server(begin_a_head) as server:
        failure = await failed(sender, server.url)
    assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, "yes")


async def test_an_answer_that_is_not_http_was_sent(sender: HttpSender) -> None:
    async def speak_otherwise(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(b"SSH-2.0-OpenSSH_9.9\r\n")

    async with raw_server(speak_otherwise) as server:
        failure = await failed(sender, server.url)
    assert (failure.kind, failure.sent) == (FailureKind.SERVER, "yes")


@pytest.mark.parametrize("end", [Connection.close, Connection.reset])
async def test_half_a_body_was_sent(sender: HttpSender, end: object) -> None:
    async def half_a_body(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(FULL + b"half")
        assert callable(end)
        await end(connection)

    async with raw_server(half_a_body) as server:
        failure = await failed(sender, server.url)
    assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, "yes")


@pytest.mark.parametrize("cancelled", [False, True])
async def test_half_a_body_and_then_silence_was_sent(sender: HttpSender, cancelled: bool) -> None:
    abort = Abort()

    async def half_a_body(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(FULL + b"half")
        if cancelled:
            # One turn for the half to arrive: a cancel that overtakes it is another claim.
            await anyio.wait_all_tasks_blocked()
            abort.cancel()
        await connection.hang()

    async with raw_server(half_a_body) as server:
        failure = await failed(sender, server.url, timeout_s=30.0 if cancelled else 0.5, abort=abort)
    assert failure.kind is (FailureKind.CANCELLED if cancelled else FailureKind.TIMEOUT)
    assert failure.sent == "yes"


async def test_a_kept_connection_that_dies_under_a_request_is_not_tried_again(sender: HttpSender) -> None:
    async def answer_once(connection: Connection) -> None:
        await connection.read_request()
        await connection.answer(b"{}")
        await connection.read_request()

    async with raw_server(answer_once) as server:
        first = await sender.send(a_call(url=server.url), Abort())
        assert isinstance(first, HttpReply)
        failure = await failed(sender, server.url)
        assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, "maybe")
        assert (server.requests, server.connections) == (2, 1)
