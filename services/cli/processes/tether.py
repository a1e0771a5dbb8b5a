"""``python -m services.cli.processes.tether PARENT ...``: the ``acm2`` command, tied to the process that started it.

A service started by ``up``, ``demo`` or ``run`` must not outlive them, not even after kill -9. It ties itself, before
anything else, so that no code has to run between fork and exec. Linux signals it when the parent dies; elsewhere its
standard input, a pipe the parent holds, comes to its end.
"""

import ctypes
import os
import signal
import sys
import threading

from services.cli.__main__ import main

_PR_SET_PDEATHSIG = 1


def tie_to(parent: int) -> None:
    """End with the parent: SIGTERM comes when it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    else:
        threading.Thread(target=end_with_stdin, daemon=True).start()
    if os.getppid() != parent:
        # It died before we were tied.
        sys.exit(0)


def end_with_stdin() -> None:
    """Wait until standard input ends, which its writer's death does, then stop this process gracefully."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    del sys.argv[1]
    main()
