"""The proxy does what the scenarios rely on: bytes come through unchanged, or not at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.faults.tcp_proxy import TcpProxy, tcp_proxy

SAID = bytes(range(256)) * 8
WAIT_S = 10.0
NOTHING_S = 0.2


@asynccontextmanager
async def proxied_echo() -> AsyncIterator[TcpProxy]:
    """A proxy in front of a server that says everything back."""

    async def echo(stream: SocketStream) -> None:
        async with stream:
            try:
                async for chunk in stream:
                    await stream.send(chunk)
            except anyio.BrokenResourceError:
                return

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(SocketAttribute.local_port)
    async with listener, tcp_proxy(port) as proxy, anyio.create_task_group() as group:
        group.start_soon(listener.serve, echo)
        yield proxy
        group.cancel_scope.cancel()


async def said_back(stream: SocketStream, said: bytes = SAID) -> bytes:
    with anyio.fail_after(WAIT_S):
        await stream.send(said)
        return await BufferedByteReceiveStream(stream).receive_exactly(len(said))


async def end_of(stream: SocketStream) -> str:
    with anyio.fail_after(WAIT_S):
        try:
            await stream.receive()
        except anyio.EndOfStream:
            return "fin"
        except anyio.BrokenResourceError:
            return "rst"
    return "bytes"


async def test_bytes_come_through_unchanged_whole_sliced_delayed_or_slow() -> None:
    async with proxied_echo() as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
        assert await said_back(stream) == SAID
        proxy.up.slice_bytes = proxy.down.slice_bytes = 1
        assert await said_back(stream) == SAID
        proxy.heal()
        proxy.up.delay_s = proxy.down.delay_s = 0.05
        assert await said_back(stream) == SAID
        proxy.heal()
        proxy.up.bytes_per_s = 50_000
        assert await said_back(stream) == SAID


@pytest.mark.parametrize(("reset", "seen"), [(False, "fin"), (True, "rst")])
async def test_a_cut_ends_connections_as_told_and_new_ones_are_passed(reset: bool, seen: str) -> None:
    async with proxied_echo() as proxy:
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
            assert await said_back(stream) == SAID
            assert proxy.cut(reset=reset) == 1
            assert await end_of(stream) == seen
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as again:
            assert await said_back(again) == SAID


async def test_a_half_open_connection_says_nothing_and_stays_deaf_after_the_link_is_whole_again() -> None:
    async with proxied_echo() as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
        assert await said_back(stream) == SAID
        proxy.half_open()
        await stream.send(SAID)
        with anyio.move_on_after(NOTHING_S) as silence:
            await stream.receive()
        assert silence.cancelled_caught
        proxy.heal()
        await stream.send(SAID)
        with anyio.move_on_after(NOTHING_S) as still:
            await stream.receive()
        assert still.cancelled_caught
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as again:
            assert await said_back(again) == SAID


async def test_new_connections_are_refused_or_answered_502_while_told_so() -> None:
    async with proxied_echo() as proxy:
        proxy.refuses = True
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
            assert await end_of(stream) == "rst"
        proxy.heal()
        proxy.answers_502 = True
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
            await stream.send(b"GET / HTTP/1.1\r\n\r\n")
            with anyio.fail_after(WAIT_S):
                assert (await stream.receive()).startswith(b"HTTP/1.1 502 ")
        assert proxy.answered_502 == 1


async def test_the_end_of_one_side_reaches_the_other() -> None:
    async with proxied_echo() as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
        assert await said_back(stream) == SAID
        await stream.send_eof()
        assert await end_of(stream) == "fin"
