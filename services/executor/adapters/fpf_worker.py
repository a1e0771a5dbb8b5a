"""One ``fpf worker`` process: requests go in as lines, their ends come back as lines."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
import msgspec
import structlog
from anyio.abc import Process

from shared.failures import FailureKind
from shared.llm_call import (
    MAX_LINE_BYTES,
    Call,
    Cancel,
    Done,
    Failed,
    LlmAnswer,
    LlmFailure,
    LlmRequest,
    Ping,
    Pong,
    Ready,
    ToWorker,
    decode_from_worker,
    encode_line,
)

COMMAND = (sys.executable, "-P", "-m", "fpf", "worker")
START_LIMIT_S = 30.0
PING_EVERY_S = 1.0
HANGS_AFTER_S = 10.0
"""On a busy machine a late answer is no hang; a stopped process is seen at once."""

_CHUNK_BYTES = 256 * 1024

log = structlog.get_logger()


class Pending:
    """A request under way in the worker."""

    __slots__ = ("_done", "outcome")

    def __init__(self) -> None:
        self._done = anyio.Event()
        self.outcome: LlmAnswer | LlmFailure | None = None

    def end(self, outcome: LlmAnswer | LlmFailure) -> None:
        """It has ended; the first end counts."""
        if self.outcome is None:
            self.outcome = outcome
            self._done.set()

    async def wait(self) -> LlmAnswer | LlmFailure:
        """Its end."""
        await self._done.wait()
        if self.outcome is None:
            raise RuntimeError("a request was said to have ended without an end")
        return self.outcome


class FpfWorker:
    """A running worker process. ``run`` is its life; when it returns, everything it held has ended."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._pending: dict[str, Pending] = {}
        self._out: list[bytes] = []
        self._out_ready = anyio.Event()
        self._pinged = 0
        self._ponged_at_s = 0.0
        self.is_ready = False
        self.retiring = False
        self.calls = 0

    @property
    def in_flight(self) -> int:
        """How many requests it holds."""
        return len(self._pending)

    @property
    def pid(self) -> int:
        """Its process, which leads a group of its own."""
        return self._process.pid

    def send(self, key: str, request: LlmRequest) -> Pending:
        """Hand it a request."""
        pending = self._pending[key] = Pending()
        self.calls += 1
        self._write(Call(id=key, request=request))
        return pending

    def cancel(self, key: str) -> None:
        """Ask it to abort a request; without effect on one it does not hold."""
        if key in self._pending:
            self._write(Cancel(id=key))

    def forget(self, key: str, outcome: LlmFailure) -> None:
        """Wait no longer for a request that does not end."""
        pending = self._pending.pop(key, None)
        if pending is not None:
            pending.end(outcome)

    def kill(self) -> None:
        """End the process and all it started, at once."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            log.debug("a worker was gone already", pid=self._process.pid)

    def retire(self) -> None:
        """Take nothing more; when nothing is left, go."""
        self.retiring = True
        self._retire_if_idle()

    async def run(self, became_ready: Callable[[], None]) -> None:
        """Talk to the process until it ends; what it held then ends as ``worker_died``."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._write_lines)
                group.start_soon(self._watch)
                await self._read_lines(became_ready)
                group.cancel_scope.cancel()
        finally:
            self.is_ready = False
            self.kill()
            with anyio.CancelScope(shield=True):
                await self._process.wait()
                await self._process.aclose()
            self._lose_all()

    def _lose_all(self) -> None:
        lost, self._pending = self._pending, {}
        message = f"the worker process died (exit status {self._process.returncode})"
        for pending in lost.values():
            pending.end(LlmFailure(kind=FailureKind.WORKER_DIED, message=message, sent="maybe"))

    def _write(self, message: ToWorker) -> None:
        self._out.append(encode_line(message))
        self._out_ready.set()

    async def _write_lines(self) -> None:
        if self._process.stdin is None:
            raise RuntimeError("a worker without stdin")
        try:
            while True:
                await self._out_ready.wait()
                self._out_ready = anyio.Event()
                lines, self._out = self._out, []
                if lines:
                    await self._process.stdin.send(b"".join(lines))
                if self.retiring and not self._pending:
                    await self._process.stdin.aclose()
                    return
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            log.debug("a worker closed its input", pid=self.pid)

    async def _read_lines(self, became_ready: Callable[[], None]) -> None:
        if self._process.stdout is None:
            raise RuntimeError("a worker without stdout")
        rest: list[bytes] = []
        rest_bytes = 0
        while True:
            try:
                chunk = await self._process.stdout.receive(_CHUNK_BYTES)
            except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                return
            head, newline, tail = chunk.rpartition(b"\n")
            if not newline:
                rest.append(chunk)
                rest_bytes += len(chunk)
                if rest_bytes > MAX_LINE_BYTES:
                    log.error("a worker wrote a line without an end", pid=self.pid)
                    return
                continue
            whole = b"".join((*rest, head))
            rest, rest_bytes = ([tail], len(tail)) if tail else ([], 0)
            for line in whole.split(b"\n"):
                self._take(line, became_ready)

    def _take(self, line: bytes, became_ready: Callable[[], None]) -> None:
        try:
            message = decode_from_worker(line)
        except msgspec.MsgspecError:
            # A stray line is somebody's print; what it says may be a prompt, so it is not logged.
            log.warning("a worker wrote a line that is none of ours", pid=self.pid, bytes=len(line))
            return
        self._ponged_at_s = anyio.current_time()
        match message:
            case Done(id=key, answer=answer):
                self._end(key, answer)
            case Failed(id=key, failure=failure):
                self._end(key, failure)
            case Ready():
                self.is_ready = True
                became_ready()
            case Pong():
                pass

    def _end(self, key: str, outcome: LlmAnswer | LlmFailure) -> None:
        pending = self._pending.pop(key, None)
        if pending is not None:
            pending.end(outcome)
            self._retire_if_idle()

    def _retire_if_idle(self) -> None:
        if self.retiring and not self._pending:
            self._out_ready.set()

    async def _watch(self) -> None:
        """Kill the process when it is stopped, does not begin, or does not answer."""
        self._ponged_at_s = anyio.current_time()
        while True:
            await anyio.sleep(PING_EVERY_S)
            silent_s = anyio.current_time() - self._ponged_at_s
            if _is_stopped(self.pid):
                log.warning("a worker was stopped and is killed", pid=self.pid)
            elif silent_s > (HANGS_AFTER_S if self.is_ready else START_LIMIT_S):
                log.warning("a worker does not answer and is killed", pid=self.pid, silent_s=round(silent_s, 1))
            else:
                if self.is_ready:
                    self._pinged += 1
                    self._write(Ping(n=self._pinged))
                continue
            self.kill()
            return


def _is_stopped(pid: int) -> bool:
    """Whether the process stands still (state T); False where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in {"T", "t"}


async def spawn(command: tuple[str, ...], environ: Mapping[str, str]) -> FpfWorker:
    """Start a worker in a process group of its own; raises ``OSError`` when it cannot be started."""
    process = await anyio.open_process(command, env=dict(environ), stderr=None, start_new_session=True)
    return FpfWorker(process)
