"""A service must not outlive the command that started it, however that one ends."""

import sys

import anyio
import psutil
import pytest

PARENT = """
import subprocess, sys, time, os
code = "import os, signal, time; from services.cli.processes.tether import tie_to; tie_to({0}); print('tied', flush=True); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", code.format(os.getpid())], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""

pytestmark = pytest.mark.e2e


async def test_killing_the_parent_ends_the_child() -> None:
    async with await anyio.open_process([sys.executable, "-c", PARENT]) as parent:
        assert parent.stdout is not None
        pid = int(await parent.stdout.receive())
        child = psutil.Process(pid)
        parent.kill()
        await parent.wait()
        _, alive = await anyio.to_thread.run_sync(psutil.wait_procs, [child], 20)
        assert not alive


async def test_a_parent_that_is_gone_already_is_noticed() -> None:
    code = "from services.cli.processes.tether import tie_to; tie_to(1); print('still here')"
    done = await anyio.run_process([sys.executable, "-c", code], check=False)
    assert (done.returncode, done.stdout) == (0, b"")


async def test_where_there_is_no_signal_the_end_of_stdin_is_one() -> None:
    code = (
        "import signal, sys, threading, time\n"
        "from services.cli.processes.tether import end_with_stdin\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "threading.Thread(target=end_with_stdin, daemon=True).start()\n"
        "print('waiting', flush=True)\n"
        "time.sleep(60)\n"
    )
    async with await anyio.open_process([sys.executable, "-c", code]) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        await child.stdout.receive()
        await child.stdin.aclose()
        with anyio.fail_after(60):
            assert await child.wait() == 7
