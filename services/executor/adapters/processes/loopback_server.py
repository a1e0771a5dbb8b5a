"""A small server for one child process: on loopback, at a port the system chooses, gone when the context ends."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import uvicorn
from starlette.types import ASGIApp

BACKLOG = 128
FAREWELL_LIMIT_S = 1


class _Server(uvicorn.Server):
    """uvicorn whose signals are the service's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve_on_loopback(app: ASGIApp) -> AsyncIterator[str]:
    """Serve ``app`` and yield its address, ``http://127.0.0.1:PORT``; raises ``OSError`` where none is to be had."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(BACKLOG)
        sock.settimeout(0)
        port: int = sock.getsockname()[1]
        config = uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=FAREWELL_LIMIT_S,
        )
        server = _Server(config)
        async with anyio.create_task_group() as group:

            async def serve() -> None:
                # Cut in the middle, uvicorn would leave its connections open.
                with anyio.CancelScope(shield=True):
                    await server.serve(sockets=[sock])

            group.start_soon(serve)
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                server.should_exit = True
