"""How a process behaves that belongs to another one: it dies with it, and it hears only from it."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def belong_to(parent_pid: int) -> None:
    """Die with the parent, and leave its process group.

    ``parent_pid`` is the parent as it was when this process began. The kernel ends this process when the thread that
    started it ends; where there is no such thing, the end of input does the same, only later when the loop hangs.
    A Ctrl-C in the terminal is for the parent alone: it decides what becomes of the work in flight.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent_pid:
            os.kill(os.getpid(), signal.SIGKILL)
    # Started by a person at a terminal, it stays where the terminal can reach it.
    if os.getpgid(0) != os.getpid() and not os.isatty(0):
        os.setpgid(0, 0)
