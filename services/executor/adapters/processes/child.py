"""A process of ours that works for us: in a group of its own, recorded, listened to, and gone when we are."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

import anyio
import structlog
from anyio.abc import ByteReceiveStream, ByteSendStream, Process

from services.executor.adapters.processes.child_record import ChildRecord
from services.executor.adapters.processes.child_words import ChildWords

GONE_LIMIT_S = 5.0
"""How long a killed process may take to be gone. The kernel holds one that waits for a broken disk."""

LAST_WORDS_S = 0.5

log = structlog.get_logger()


class Child:
    """A running process with its three pipes."""

    def __init__(self, process: Process, *, who: str, record: ChildRecord | None) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("a child without pipes")
        self._process = process
        self._who = who
        self._record = record
        self.stdin: ByteSendStream = process.stdin
        self.stdout: ByteReceiveStream = process.stdout
        self.words = ChildWords(process.stderr, who=who, pid=process.pid)

    @property
    def pid(self) -> int:
        """Its number; it leads a group of its own."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """How it ended, None while it has not; below 0 the signal that ended it."""
        return self._process.returncode

    @property
    def how_it_ended(self) -> str:
        """For people: "was ended by SIGKILL", "ended with exit status 3"."""
        status = self._process.returncode
        if status is None:
            return "does not end"
        return f"ended with exit status {status}" if status >= 0 else f"was ended by {_signal_name(-status)}"

    async def wait(self) -> None:
        """Return when it has ended."""
        await self._process.wait()

    def kill(self) -> None:
        """End it and all it started, at once. One that has ended is left alone: its number may be somebody else's."""
        if self._process.returncode is not None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            log.debug("a child was gone already", who=self._who, pid=self._process.pid)

    async def end(self) -> None:
        """Kill it if need be, hear its last words, close its pipes. Returns within seconds whatever becomes of it."""
        self.kill()
        with anyio.CancelScope(shield=True):
            with anyio.move_on_after(GONE_LIMIT_S):
                await self._process.wait()
            with anyio.move_on_after(LAST_WORDS_S):
                await self.words.listen()
            if self._process.returncode is None:
                log.error("a killed process is still there", who=self._who, pid=self.pid)
                return
            await self._process.aclose()
            if self._record is not None:
                self._record.ended(self.pid)
            if self.words.stray_bytes or self.words.untold_lines:
                log.info(
                    "a child wrote to standard error what was not passed on",
                    who=self._who,
                    pid=self.pid,
                    bytes=self.words.stray_bytes,
                    lines=self.words.untold_lines,
                )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def types_of(error: BaseException) -> str:
    """What went wrong by its types alone, however many tasks it went through."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(types_of(one) for one in error.exceptions)
    return type(error).__name__


async def open_child(
    command: Sequence[str], environ: Mapping[str, str], *, who: str, record: ChildRecord | None = None
) -> Child:
    """Start it; raises ``OSError`` when it cannot be started."""
    process = await anyio.open_process(
        list(command),
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    if record is not None:
        record.began(process.pid)
    return Child(process, who=who, record=record)
