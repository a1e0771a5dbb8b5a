"""How this process hangs together with the executor: it writes lines for it, and does not outlive it."""

import ctypes
import json
import os
import signal
import sys
import threading
from typing import Any, BinaryIO

_PR_SET_PDEATHSIG = 1


class Lines:
    """Standard output, kept for lines of JSON: whatever anybody prints goes to standard error instead."""

    def __init__(self) -> None:
        kept = os.dup(1)
        os.dup2(2, 1)
        self._out = os.fdopen(kept, "wb")
        # Progress may come from a thread of GPT Researcher's.
        self._turn = threading.Lock()

    def say(self, op: str, **data: Any) -> None:
        """Write one line."""
        line = json.dumps({"op": op, **data}).encode() + b"\n"
        with self._turn:
            self._out.write(line)
            self._out.flush()


def die_with_parent() -> None:
    """From now on this process ends when the thread that started it does, where the system can see to that."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def die_with_input(stream: BinaryIO, parent_pid: int) -> None:
    """From now on this process ends, and its group with it, when its input does; at once if the parent is gone."""
    if os.getppid() != parent_pid:
        os._exit(1)

    def wait() -> None:
        # Not through the stream: its lock, held by a thread that never ends, would abort the interpreter's own end.
        while os.read(stream.fileno(), 4096):
            pass
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=wait, name="input", daemon=True).start()
