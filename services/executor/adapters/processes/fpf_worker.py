"""One ``fpf worker`` process: requests go in as lines, their ends come back as lines.

What it held when it ends has ended too: as ``worker_died``, and ``sent: maybe`` unless its line never left.
"""

import sys
from collections.abc import Callable, Mapping

import anyio
import msgspec
import structlog

from services.executor.adapters.processes.child import Child, open_child
from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.adapters.processes.line_cutter import EndlessLineError, LineCutter
from services.executor.adapters.processes.patience import Patience
from services.executor.adapters.processes.pending import Pending
from services.executor.adapters.processes.proc_stat import proc_stat
from shared.failures import FailureKind, Sent
from shared.llm_call import (
    MAX_ANSWER_BYTES,
    Call,
    Cancel,
    Done,
    Failed,
    FromWorker,
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
MAX_LINE_BYTES = 2 * MAX_ANSWER_BYTES
"""The longest line a worker has reason to write: an answer, escaped."""

MAX_PREFACE_BYTES = 64 * 1024
"""What an interpreter may print before the worker has claimed its output for the protocol."""

LAST_LINES_S = 0.5
"""How long lines of a process that has ended may still come: somebody else may hold its output open."""

_CHUNK_BYTES = 256 * 1024

log = structlog.get_logger()


class FpfWorker:
    """A running worker process. ``run`` is its life; when it returns, everything it held has ended."""

    def __init__(self, child: Child, patience: Patience) -> None:
        self._child = child
        self._patience = patience
        self._pending: dict[str, Pending] = {}
        self._given_up: set[str] = set()
        self._unwritten: dict[str, bytes] = {}
        self._out: list[bytes] = []
        self._out_ready = anyio.Event()
        self._pinged = 0
        self._heard = 0
        self._preface_bytes = 0
        self._reason: str | None = None
        self._was_ready = False
        self._is_over = False
        self.begun = anyio.Event()
        """Set when it is ready, or has ended."""
        self.retiring = False
        self.calls = 0

    @property
    def in_flight(self) -> int:
        """How many requests it holds."""
        return len(self._pending)

    @property
    def is_ready(self) -> bool:
        """Whether it can take a request."""
        return self._was_ready and self._reason is None and not self._is_over

    @property
    def pid(self) -> int:
        """Its process, which leads a group of its own."""
        return self._child.pid

    @property
    def ended_well(self) -> bool:
        """Whether it went because it was told to."""
        return self.retiring and self._child.exit_status == 0

    @property
    def obituary(self) -> str:
        """Why it is gone, for people."""
        why = self._reason or self._child.how_it_ended
        last = self._child.words.last
        return f"{why} ({last})" if last and not self._was_ready else why

    def send(self, key: str, request: LlmRequest) -> Pending:
        """Hand it a request."""
        pending = self._pending[key] = Pending()
        self.calls += 1
        self._unwritten[key] = encode_line(Call(id=key, request=request))
        self._out_ready.set()
        return pending

    def cancel(self, key: str) -> None:
        """Ask it to abort a request; without effect on one it does not hold."""
        if key in self._pending:
            self._write(Cancel(id=key))

    def forget(self, key: str, outcome: LlmFailure) -> None:
        """Wait no longer for a request that does not end."""
        pending = self._pending.pop(key, None)
        if pending is not None:
            self._given_up.add(key)
            pending.end(outcome)
            self._retire_if_idle()

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
                group.start_soon(self._child.words.listen)
                group.start_soon(self._until_gone, group.cancel_scope)
                await self._read_lines(became_ready)
                group.cancel_scope.cancel()
        finally:
            self._is_over = True
            if self._reason is None and self._child.exit_status is None:
                self._reason = "was ended with the service"
            await self._child.end()
            self._lose_all()
            self.begun.set()

    def _lose_all(self) -> None:
        lost, self._pending = self._pending, {}
        message = f"the worker process {self.obituary}"
        for key, pending in lost.items():
            sent: Sent = "no" if key in self._unwritten else "maybe"
            pending.end(LlmFailure(kind=FailureKind.WORKER_DIED, message=message, sent=sent))

    def _write(self, message: ToWorker) -> None:
        self._out.append(encode_line(message))
        self._out_ready.set()

    async def _write_lines(self) -> None:
        try:
            while True:
                await self._out_ready.wait()
                self._out_ready = anyio.Event()
                # Requests first: a cancel that overtook its request would be forgotten.
                lines = [*self._unwritten.values(), *self._out]
                self._unwritten, self._out = {}, []
                if lines:
                    await self._child.stdin.send(b"".join(lines))
                if self.retiring and not self._pending:
                    await self._child.stdin.aclose()
                    return
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            log.debug("a worker closed its input", pid=self.pid)

    async def _read_lines(self, became_ready: Callable[[], None]) -> None:
        cutter = LineCutter(MAX_LINE_BYTES)
        while self._reason is None:
            try:
                chunk = await self._child.stdout.receive(_CHUNK_BYTES)
                for line in cutter.cut(chunk):
                    self._take(line, became_ready)
            except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._at_the_end_of_output(cutter.begun_bytes)
                return
            except EndlessLineError:
                self._break("wrote a line without an end")

    async def _at_the_end_of_output(self, begun_bytes: int) -> None:
        """Its output ends with its life, a moment before the system says how; or it has closed it and lives on."""
        self._is_over = True
        with anyio.move_on_after(LAST_LINES_S):
            await self._child.wait()
        if self._child.exit_status is None:
            self._break("closed its output")
        elif begun_bytes:
            log.warning("a worker ended in the middle of a line", pid=self.pid, bytes=begun_bytes)

    def _take(self, line: bytes, became_ready: Callable[[], None]) -> None:
        if self._reason is not None:
            return
        try:
            message = decode_from_worker(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._take_noise(len(line))
            return
        self._heard += 1
        if isinstance(message, Ready) and not self._was_ready:
            self._was_ready = self._child.words.is_ready = True
            self.begun.set()
            became_ready()
        elif not self._is_expected(message):
            self._break("wrote a line that answers nothing: something else speaks in its place")

    def _is_expected(self, message: FromWorker) -> bool:
        match message:
            case Done(id=key, answer=outcome) | Failed(id=key, failure=outcome):
                return self._end(key, outcome)
            case Pong(n=number):
                return number <= self._pinged
        return False

    def _take_noise(self, size_bytes: int) -> None:
        # What it says may be a prompt, so it is never quoted. Whose end it has swallowed nobody can know.
        self._preface_bytes += size_bytes
        if self._was_ready:
            self._break(f"wrote {size_bytes} bytes that are no message")
        elif self._preface_bytes > MAX_PREFACE_BYTES:
            self._break("wrote noise instead of a greeting")

    def _end(self, key: str, outcome: LlmAnswer | LlmFailure) -> bool:
        pending = self._pending.pop(key, None)
        if pending is None:
            late = key in self._given_up
            self._given_up.discard(key)
            return late
        pending.end(outcome)
        self._retire_if_idle()
        return True

    def _retire_if_idle(self) -> None:
        if self.retiring and not self._pending:
            self._out_ready.set()

    async def _watch(self) -> None:
        """Kill the process when it is stopped, does not begin, or does not answer."""
        heard, silent_looks = self._heard, 0
        while True:
            await anyio.sleep(self._patience.look_every_s)
            silent_looks = 0 if heard != self._heard else silent_looks + 1
            heard = self._heard
            limit_s = self._patience.hangs_after_s if self._was_ready else self._patience.start_limit_s
            found = proc_stat(self.pid)
            if found is not None and found.is_stopped:
                self._break("was stopped by a signal and could do nothing")
                return
            if silent_looks * self._patience.look_every_s >= limit_s:
                self._break(f"gave no sign of life for {limit_s:g} s")
                return
            if self._was_ready:
                self._pinged += 1
                self._write(Ping(n=self._pinged))

    async def _until_gone(self, life: anyio.CancelScope) -> None:
        await self._child.wait()
        await anyio.sleep(LAST_LINES_S)
        life.cancel()

    def _break(self, reason: str) -> None:
        if self._reason is None:
            self._reason = reason
            log.warning("a worker is ended", pid=self.pid, reason=reason, in_flight=self.in_flight)
            self._child.kill()


async def spawn(
    command: tuple[str, ...], environ: Mapping[str, str], *, patience: Patience, record: ChildRecord | None
) -> FpfWorker:
    """Start a worker in a process group of its own; raises ``OSError`` when it cannot be started."""
    return FpfWorker(await open_child(command, environ, who="a worker", record=record), patience)
