"""A model server of one's own for one call: started, waited for, ended."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import msgspec
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from fpf.local_ready import ServerReady
from fpf.refusal import refused
from shared.failures import FailureKind
from shared.llm_call import LlmFailure

END_TIMEOUT_S = 5.0
"""How long the server may take to end by itself when its input has ended."""

_MAX_GREETING_BYTES = 4096


@asynccontextmanager
async def local_server(timeout_s: float) -> AsyncIterator[str | LlmFailure]:
    """The address of a server that lives as long as the block, or why there is none."""
    command = [sys.executable, "-P", "-m", "fpf", "local-server"]
    process = await anyio.open_process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None)
    try:
        yield await _greeting(process, timeout_s)
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)


async def _greeting(process: Process, timeout_s: float) -> str | LlmFailure:
    if process.stdout is None:
        return refused(FailureKind.INTERNAL, "the model server was started without a pipe")
    try:
        with anyio.fail_after(timeout_s):
            line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", _MAX_GREETING_BYTES)
            return msgspec.json.decode(line, type=ServerReady).base_url
    except TimeoutError:
        return refused(FailureKind.TIMEOUT, f"the model server was not ready within {timeout_s:g} s")
    except (anyio.IncompleteRead, anyio.EndOfStream, anyio.DelimiterNotFound, msgspec.MsgspecError):
        return refused(FailureKind.CONNECTION, "the model server did not start")


async def _end(process: Process) -> None:
    if process.stdin is not None:
        await process.stdin.aclose()
    with anyio.move_on_after(END_TIMEOUT_S):
        await process.wait()
    if process.returncode is None:
        process.kill()
    await process.aclose()
