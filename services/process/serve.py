"""Run one ASGI service: its own listening socket, its own signals, and a drain that ends by itself.

uvicorn waits for open streams before it tells the application to stop, so the order here is ours: readiness off and
streams ended by ``drain``, then the server.
"""

import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import structlog
import uvicorn
from starlette.types import ASGIApp

from services.process.connections import Connections

BACKLOG = 4096
KEEP_ALIVE_S = 75
DRAIN_LIMIT_S = 25.0
_SEND_BUFFER_BYTES = 256 * 1024
_USER_TIMEOUT_MS = 20_000

log = structlog.get_logger()


class PortTakenError(Exception):
    """Something else listens at the address."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; accepted ones inherit its bounds on stalled and half-open clients."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise PortTakenError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    sock.listen(BACKLOG)
    sock.settimeout(0)
    return sock


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own, and with a word when it has started: both are ``serve``'s."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._tell_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    app: ASGIApp,
    sock: socket.socket,
    *,
    drain: Callable[[], Awaitable[None]],
    ready: Callable[[], None] = lambda: None,
    connections: Connections | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain within ``DRAIN_LIMIT_S`` and return; a second signal ends the drain."""
    connections = connections or Connections()
    config = uvicorn.Config(
        app,
        http=connections.protocol(),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=2,
    )
    async with _signals() as stop, anyio.create_task_group() as group:
        server = _Server(config, ready)

        async def run_server() -> None:
            await server.serve(sockets=[sock])
            stop.set()

        group.start_soon(run_server)
        async with anyio.create_task_group() as watching:
            watching.start_soon(connections.watch)
            await stop.wait()
            stop.rearm()
            await _drain(drain, stop)
            server.should_exit = True
            watching.cancel_scope.cancel()


async def _drain(drain: Callable[[], Awaitable[None]], stop: "Stop") -> None:
    with anyio.move_on_after(DRAIN_LIMIT_S) as limit:
        async with anyio.create_task_group() as group:

            async def until_told_again() -> None:
                await stop.wait()
                group.cancel_scope.cancel()

            group.start_soon(until_told_again)
            await drain()
            group.cancel_scope.cancel()
    if limit.cancelled_caught:
        log.warning("the drain took too long and was cut", limit_s=DRAIN_LIMIT_S)


class Stop:
    """A wish to stop that can be waited for, and waited for again."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """Wish it."""
        self._event.set()

    def rearm(self) -> None:
        """Wait for the next wish from now on."""
        self._event = anyio.Event()

    async def wait(self) -> None:
        """Return when it is wished."""
        await self._event.wait()


@asynccontextmanager
async def _signals() -> AsyncIterator[Stop]:
    stop = Stop()
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as group:

            async def listen_to_signals() -> None:
                async for number in signals:
                    log.info("stopping", signal=signal.Signals(number).name)
                    stop.set()

            group.start_soon(listen_to_signals)
            yield stop
            group.cancel_scope.cancel()
