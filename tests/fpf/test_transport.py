"""One request on the wire, once, as it was built; its answer whole, or not at all."""

import gzip
import time
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
import respx

from fpf.abort import Abort
from fpf.transport import HttpSender, open_sender
from fpf.wire import HttpReply
from shared.failures import FailureKind
from shared.llm_call import MAX_ANSWER_BYTES, LlmFailure
from tests.fpf.builders import NOW_S, a_call
from tests.fpf.raw_server import Connection, raw_server

URL = "https://provider.example/v1/chat/completions"


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    async with open_sender(time.time) as opened:
        yield opened


async def test_a_call_goes_out_as_it_was_built() -> None:
    router = respx.Router()
    route = router.post(URL).respond(200, json={"ok": True})
    async with open_sender(lambda: NOW_S, httpx.MockTransport(router.async_handler)) as sender:
        reply = await sender.send(a_call(url=URL, headers={"Authorization": "Bearer k"}, body=b'{"a": 1}'), Abort())
    assert isinstance(reply, HttpReply)
    assert (reply.status, reply.body, reply.received_at_s) == (200, b'{"ok":true}', NOW_S)
    (sent,) = (call.request for call in route.calls)
    assert (sent.method, sent.content) == ("POST", b'{"a": 1}')
    assert sent.headers["authorization"] == "Bearer k"
    assert sent.headers["content-length"] == "8"


async def test_headers_of_an_error_answer_are_there_in_lower_case() -> None:
    router = respx.Router()
    router.post(URL).respond(429, headers={"Retry-After": "3"})
    async with open_sender(lambda: NOW_S, httpx.MockTransport(router.async_handler)) as sender:
        reply = await sender.send(a_call(url=URL), Abort())
    assert isinstance(reply, HttpReply)
    assert (reply.status, reply.headers["retry-after"]) == (429, "3")


@pytest.mark.parametrize(
    ("error", "sent"), [(httpx.ConnectError("x"), "no"), (httpx.ConnectTimeout("x"), "no"), (OSError(1, "x"), "no")]
)
async def test_trouble_before_the_body_is_taken_was_not_sent(error: Exception, sent: str) -> None:
    class Refusing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise error

    async with open_sender(lambda: NOW_S, Refusing()) as sender:
        failure = await sender.send(a_call(url=URL), Abort())
    assert isinstance(failure, LlmFailure)
    assert (failure.kind, failure.sent) == (FailureKind.CONNECTION, sent)


async def test_a_redirect_is_an_answer_not_a_way_to_follow(sender: HttpSender) -> None:
    async def redirect(connection: Connection) -> None:
        await connection.read_request()
        await connection.answer(b"", status=307, headers=f"Location: {server.url}\r\n")

    async with raw_server(redirect) as server:
        reply = await sender.send(a_call(url=server.url), Abort())
        assert isinstance(reply, HttpReply)
        assert (reply.status, server.requests) == (307, 1)


async def test_a_cookie_is_never_sent_back(sender: HttpSender) -> None:
    async def set_cookie(connection: Connection) -> None:
        while True:
            await connection.read_request()
            await connection.answer(b"{}", headers="Set-Cookie: session=1; Path=/\r\n")

    async with raw_server(set_cookie) as server:
        for _ in range(2):
            await sender.send(a_call(url=server.url), Abort())
        assert len(server.heads) == 2
        assert not any(b"cookie" in head.lower() for head in server.heads)


async def test_an_answer_over_the_limit_is_refused_without_reading_it_all(sender: HttpSender) -> None:
    async def go_on_for_ever(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await connection.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    async with raw_server(go_on_for_ever) as server:
        failure = await sender.send(a_call(url=server.url), Abort())
    assert isinstance(failure, LlmFailure)
    assert (failure.kind, failure.sent) == (FailureKind.SERVER, "yes")
    assert str(MAX_ANSWER_BYTES) in failure.message


async def test_a_packed_answer_is_unpacked(sender: HttpSender) -> None:

    async def pack(connection: Connection) -> None:
        await connection.read_request()
        await connection.answer(gzip.compress(b'{"o": true}'), headers="Content-Encoding: gzip\r\n")

    async def claim_to_pack(connection: Connection) -> None:
        await connection.read_request()
        await connection.answer(b"not packed", headers="Content-Encoding: gzip\r\n")

    async with raw_server(pack) as server:
        reply = await sender.send(a_call(url=server.url), Abort())
    assert isinstance(reply, HttpReply)
    assert reply.body == b'{"o": true}'
    async with raw_server(claim_to_pack) as server:
        failure = await sender.send(a_call(url=server.url), Abort())
    assert isinstance(failure, LlmFailure)
    assert (failure.kind, failure.sent) == (FailureKind.SERVER, "yes")


async def test_a_body_of_a_megabyte_arrives_whole(sender: HttpSender) -> None:
    received: list[bytes] = []

    async def keep(connection: Connection) -> None:
        await connection.read_request()
        received.append(connection.request)
        await connection.answer(b"{}")

    body = bytes(range(256)) * 4096
    async with raw_server(keep) as server:
        await sender.send(a_call(url=server.url, body=body), Abort())
    assert received == [body]


async def test_more_than_a_hundred_calls_are_in_flight_at_once(sender: HttpSender) -> None:
    everybody = 150
    all_here = anyio.Event()

    async def wait_for_all(connection: Connection) -> None:
        await connection.read_request()
        if server.requests == everybody:
            all_here.set()
        await all_here.wait()
        await connection.answer(b"{}")

    replies: list[object] = []

    async def ask() -> None:
        replies.append(await sender.send(a_call(url=server.url), Abort()))

    async with raw_server(wait_for_all) as server, anyio.create_task_group() as tasks:
        for _ in range(everybody):
            tasks.start_soon(ask)
    assert len(replies) == everybody
    assert all(isinstance(reply, HttpReply) for reply in replies)
