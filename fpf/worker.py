"""``fpf worker``: many calls at once in one process, as JSON lines on standard input and output.

Lines in: ``call``, ``cancel``, ``ping``; lines out: ``ready`` once, then ``done`` or ``failed`` for each call, and
``pong``. Each call is one provider request; a call that is cancelled still ends. The end of input cancels what is in
flight and ends the worker. A line that is none ends it with 70: whoever sends one cannot be understood any more.
"""

import gc
import logging
import os
import time
from collections.abc import Mapping
from functools import partial

import anyio
import msgspec
from anyio.abc import TaskGroup

from fpf.abort import Abort
from fpf.call import Means, Outcome, run_call
from fpf.child_process import belong_to
from fpf.exit_codes import INTERNAL, OK, USAGE
from fpf.lines import LineReader, LineWriter
from fpf.logs import log_to_stderr, where_it_happened
from fpf.scripted import Scripts
from fpf.transport import open_sender
from fpf.worker_pipes import open_pipes
from shared.failures import FailureKind
from shared.llm_call import (
    Call,
    Cancel,
    Done,
    Failed,
    FromWorker,
    LlmFailure,
    Ping,
    Pong,
    Ready,
    decode_to_worker,
    encode_line,
)

log = logging.getLogger("fpf.worker")

FAREWELL_S = 2.0
"""How long cancelled calls and their last lines may take at the end of input."""


class Worker:
    """The calls in flight, and what each line does to them."""

    def __init__(self, tasks: TaskGroup, means: Means) -> None:
        self._tasks = tasks
        self._means = means
        self._aborts: dict[str, Abort] = {}
        self._ended = anyio.Event()
        self._code = OK
        self.writer = LineWriter(on_full=self._pause, on_room=self._resume, on_end=self._end)
        self.reader = LineReader(self._on_line, self._end)

    async def until_end(self) -> int:
        """Wait for the end of input, then cancel what is in flight; the exit code."""
        await self._ended.wait()
        self.reader.stop()
        for abort in self._aborts.values():
            abort.cancel()
        return self._code

    async def until_written(self) -> None:
        """Wait until the other side has taken the last line, or is gone."""
        while self.writer.unwritten_bytes():  # noqa: ASYNC110 - a pipe tells when there is room, not when it is empty
            await anyio.sleep(0.002)

    def _on_line(self, line: bytes) -> None:
        if self._ended.is_set():
            return
        try:
            message = decode_to_worker(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            # The error's own words name fields and positions, but may quote a tag: the type is enough.
            self._break(f"a line of {len(line)} bytes that is no message ({type(error).__name__})")
            return
        match message:
            case Call(id=call_id):
                if call_id in self._aborts:
                    self._break("a call with the id of one in flight")
                    return
                self._aborts[call_id] = abort = Abort()
                self._tasks.start_soon(self._run, message, abort)
            case Cancel(id=call_id):
                # A call that has just ended is no longer known: its end is on its way already.
                if call_id in self._aborts:
                    self._aborts[call_id].cancel()
            case Ping(n=number):
                # Answered one turn of the loop later: the time that takes tells busy from hung.
                self._tasks.start_soon(self._pong, number, time.perf_counter())

    async def _run(self, call: Call, abort: Abort) -> None:
        try:
            outcome: Outcome = await run_call(call.request, self._means, abort)
        except Exception as error:  # noqa: BLE001 - the border: a fault of ours ends this call, not all the others
            log.error("a call failed inside: %s", where_it_happened(error))  # noqa: TRY400 - a traceback quotes values
            message = f"fault in fpf: {type(error).__name__}"
            outcome = LlmFailure(kind=FailureKind.INTERNAL, message=message, sent="maybe")
        finally:
            del self._aborts[call.id]
        if isinstance(outcome, LlmFailure):
            self._say(Failed(id=call.id, failure=outcome))
        else:
            self._say(Done(id=call.id, answer=outcome))

    async def _pong(self, number: int, asked_s: float) -> None:
        lag_ms = (time.perf_counter() - asked_s) * 1000
        self._say(Pong(n=number, in_flight=len(self._aborts), loop_lag_ms=round(lag_ms, 3)))

    def _say(self, message: FromWorker) -> None:
        self.writer.write(encode_line(message))

    def greet(self) -> None:
        """Tell the other side that calls can come."""
        self._say(Ready(pid=os.getpid()))

    def _break(self, what: str) -> None:
        log.error("the other side sent %s; ending", what)
        self._code = INTERNAL
        self._end()

    def _end(self) -> None:
        self._ended.set()

    def _pause(self) -> None:
        self.reader.pause()

    def _resume(self) -> None:
        self.reader.resume()


async def work(protocol_fd: int, environ: Mapping[str, str]) -> int:
    """Serve the lines on standard input until they end; the exit code."""
    async with open_sender(time.time) as sender:
        async with anyio.create_task_group() as tasks:
            worker = Worker(tasks, Means(sender, Scripts(), environ, time.perf_counter))
            try:
                await open_pipes(worker.reader, worker.writer, protocol_fd)
            except OSError as error:
                log.error("a worker speaks over pipes: %s", error)  # noqa: TRY400 - wrong use, no fault
                return USAGE
            # What is loaded now stays for good; the collector need not look at it again.
            gc.freeze()
            worker.greet()
            code = await worker.until_end()
            tasks.cancel_scope.deadline = anyio.current_time() + FAREWELL_S
        with anyio.move_on_after(FAREWELL_S):
            await worker.until_written()
        return code


def main(protocol_fd: int, parent_pid: int) -> int:
    """The whole life of a worker process. Standard output was claimed before anything was imported."""
    belong_to(parent_pid)
    log_to_stderr(verbose=False)
    return anyio.run(partial(work, protocol_fd, dict(os.environ)), backend_options={"use_uvloop": True})
