"""A real worker process, spoken to line by line."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from shared.llm_call import (
    MAX_LINE_BYTES,
    Done,
    Failed,
    FromWorker,
    Pong,
    Ready,
    ToWorker,
    decode_from_worker,
    encode_line,
)

COMMAND = [sys.executable, "-P", "-m", "fpf", "worker"]


class WorkerProcess:
    """The executor's side of the protocol."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._in = process.stdin
        self._out = BufferedByteReceiveStream(process.stdout)
        self._err: list[bytes] = []

    async def write(self, *messages: ToWorker) -> None:
        await self._in.send(b"".join(encode_line(message) for message in messages))

    async def write_raw(self, data: bytes) -> None:
        await self._in.send(data)

    async def read(self) -> FromWorker:
        return decode_from_worker(await self._out.receive_until(b"\n", MAX_LINE_BYTES))

    async def read_ends(self, number: int) -> dict[str, Done | Failed]:
        """That many ends of calls, by call; each call ends once."""
        ends: dict[str, Done | Failed] = {}
        while len(ends) < number:
            message = await self.read()
            assert not isinstance(message, Ready | Pong)
            assert message.id not in ends
            ends[message.id] = message
        return ends

    async def close_input(self) -> None:
        await self._in.aclose()

    async def until_ended(self) -> int:
        """Wait for the process to close its output and end; anything it still says is a failure of the test."""
        try:
            message = await self.read()
        except (anyio.EndOfStream, anyio.IncompleteRead):
            return await self.process.wait()
        raise AssertionError(f"one line too many: {message}")

    async def errors(self) -> str:
        """All of standard error, to its end."""
        assert self.process.stderr is not None
        return b"".join([chunk async for chunk in self.process.stderr]).decode()


@asynccontextmanager
async def worker_process(
    environ: Mapping[str, str] | None = None, *, command: list[str] | None = None
) -> AsyncIterator[WorkerProcess]:
    """A worker that has said it is ready; killed at the end if it has not ended."""
    process = await anyio.open_process(
        command or COMMAND, stderr=subprocess.PIPE, env={**os.environ, **(environ or {})}
    )
    try:
        with anyio.fail_after(60):
            worker = WorkerProcess(process)
            assert await worker.read() == Ready(pid=process.pid)
            yield worker
    finally:
        if process.returncode is None:
            process.kill()
        with anyio.CancelScope(shield=True):
            await process.aclose()
