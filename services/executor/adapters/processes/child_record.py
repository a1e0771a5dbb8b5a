"""The processes this service has started, in a file: what outlives a killed service is ended by its next life.

A child is to end with its parent by itself. This is for the one that does not. A process is named by its number and
the moment it began, so a number that has been given to somebody else is never touched.
"""

import os
import select
import signal
import sys
from pathlib import Path

import msgspec
import structlog

from services.executor.adapters.processes.proc_stat import number_space, proc_stat

GONE_LIMIT_MS = 2000
"""How long a process may take to be gone after it was killed."""

log = structlog.get_logger()


class _Child(msgspec.Struct, frozen=True):
    pid: int
    started: int


class _Record(msgspec.Struct, frozen=True):
    space: str
    children: list[_Child]


class ChildRecord:
    """Keeps the file; where the system names no start times nothing is kept. A file that cannot be written is logged:
    it is the second net, and must not stop the work."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._space = number_space()
        self._children: dict[int, _Child] = {}

    def began(self, pid: int) -> None:
        """A process has been started."""
        found = proc_stat(pid)
        if found is not None:
            self._children[pid] = _Child(pid, found.started)
            self._write()

    def ended(self, pid: int) -> None:
        """A process is gone."""
        if self._children.pop(pid, None) is not None:
            self._write()

    def _write(self) -> None:
        if self._space is None:
            return
        record = msgspec.json.encode(_Record(self._space, list(self._children.values())))
        unfinished = self._path.with_suffix(".new")
        try:
            unfinished.write_bytes(record)
            unfinished.replace(self._path)
        except OSError as error:
            log.warning("started processes cannot be recorded", error=error.strerror)


def end_left_behind(path: Path) -> list[int]:
    """End the recorded processes that still run; returns their numbers. To be called before new ones are recorded."""
    try:
        record = msgspec.json.decode(path.read_bytes(), type=_Record)
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("the record of started processes cannot be read", error=type(error).__name__)
        return []
    if record.space != number_space():
        return []
    return [child.pid for child in record.children if _end(child)]


def _end(child: _Child) -> bool:
    if sys.platform != "linux" or child.pid in {0, 1, os.getpid()}:
        return False
    try:
        handle = os.pidfd_open(child.pid)
    except OSError:
        return False
    try:
        # Looked at after the handle was taken: if this is the process meant, the handle is its and stays so.
        found = proc_stat(child.pid)
        if found is None or found.started != child.started or found.is_dead:
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        gone = select.poll()
        gone.register(handle, select.POLLIN)
        log.warning("a process of an earlier life was ended", pid=child.pid, gone=bool(gone.poll(GONE_LIMIT_MS)))
    except OSError as error:
        log.error("a process of an earlier life cannot be ended", pid=child.pid, error=error.strerror)  # noqa: TRY400 - the system's refusal says it all
        return False
    finally:
        os.close(handle)
    return True
