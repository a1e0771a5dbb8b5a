"""The embedded model's server: started when first needed, watched, started again if it dies, ended with us."""

import os
import signal
import sys
from collections.abc import Mapping

import anyio
import httpx
import msgspec
import structlog
from anyio.abc import Process, TaskGroup
from anyio.streams.buffered import BufferedByteReceiveStream

from services.executor.errors import LocalModelError

COMMAND = (sys.executable, "-P", "-m", "fpf", "local-server", "--port", "0")
START_LIMIT_S = 90.0
"""Loading takes a second; a machine busy with other things takes longer."""

CHECK_EVERY_S = 10.0
CHECK_LIMIT_S = 5.0
MISSED_CHECKS = 6
"""A server that computes on every core is slow to answer; one that misses this many checks hangs."""

_GREETING_BYTES = 64 * 1024

log = structlog.get_logger()


class _Greeting(msgspec.Struct):
    base_url: str


class ModelServer:
    """One server process while ``group`` lives."""

    def __init__(self, *, group: TaskGroup, environ: Mapping[str, str], command: tuple[str, ...] = COMMAND) -> None:
        self._group = group
        self._environ = environ
        self._command = command
        self._starting = anyio.Lock()
        self._address: str | None = None

    @property
    def address(self) -> str | None:
        """Where it is, None while it is not there."""
        return self._address

    async def base_url(self) -> str:
        """Its address; starts it when it is not there. Raises ``LocalModelError``."""
        if self._address is not None:
            return self._address
        async with self._starting:
            if self._address is None:
                self._address = await self._group.start(self._run)
            if self._address is None:
                raise LocalModelError("the embedded model's server could not be started; the executor's log says more")
            return self._address

    async def _run(self, *, task_status: anyio.abc.TaskStatus[str | None]) -> None:
        try:
            process = await anyio.open_process(
                self._command, env=dict(self._environ), stderr=None, start_new_session=True
            )
        except OSError as error:
            log.warning("the embedded model's server cannot be started", error=error.strerror)
            task_status.started(None)
            return
        try:
            address = await _greeting(process)
            task_status.started(address)
            if address is not None:
                async with anyio.create_task_group() as group:
                    group.start_soon(_check, process, address)
                    await process.wait()
                    group.cancel_scope.cancel()
                log.warning("the embedded model's server has ended", exit_status=process.returncode)
        finally:
            self._address = None
            _kill(process)
            with anyio.CancelScope(shield=True):
                await process.wait()
                await process.aclose()


async def _greeting(process: Process) -> str | None:
    if process.stdout is None:
        raise RuntimeError("the model server has no stdout")
    try:
        with anyio.fail_after(START_LIMIT_S):
            line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", _GREETING_BYTES)
        return msgspec.json.decode(line, type=_Greeting).base_url
    except (TimeoutError, anyio.IncompleteRead, anyio.EndOfStream, anyio.DelimiterNotFound, msgspec.MsgspecError):
        log.warning("the embedded model's server did not begin")
        return None


async def _check(process: Process, address: str) -> None:
    missed = 0
    async with httpx.AsyncClient(trust_env=False, timeout=CHECK_LIMIT_S) as client:
        while missed < MISSED_CHECKS:
            await anyio.sleep(CHECK_EVERY_S)
            try:
                answer = await client.get(f"{address}/models")
                missed = 0 if answer.is_success else missed + 1
            except httpx.HTTPError:
                missed += 1
    log.warning("the embedded model's server does not answer and is killed", missed_checks=missed)
    _kill(process)


def _kill(process: Process) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("the model server was gone already", pid=process.pid)
