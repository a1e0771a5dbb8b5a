"""What the kernel says of a process: how it stands, when it began, what it has computed. Known on Linux only."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

_STATE, _UTIME, _STIME, _STARTED = 0, 11, 12, 19
"""Places in ``/proc/<pid>/stat`` after the program's name, which may hold anything and ends at the last parenthesis."""


class ProcStat(NamedTuple):
    """``started`` counts clock ticks since the machine began: with the pid it names a process for good."""

    state: str
    started: int
    cpu_s: float

    @property
    def is_stopped(self) -> bool:
        """Whether a signal holds it (state T). One that a debugger holds (t) is somebody's work in progress."""
        return self.state == "T"

    @property
    def is_dead(self) -> bool:
        """Whether it has ended, and waits only for somebody to take note."""
        return self.state in {"Z", "X"}


def proc_stat(pid: int) -> ProcStat | None:
    """The process with this number; None where there is none, or the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    ticks_a_second = os.sysconf("SC_CLK_TCK")
    return ProcStat(
        state=fields[_STATE],
        started=int(fields[_STARTED]),
        cpu_s=(int(fields[_UTIME]) + int(fields[_STIME])) / ticks_a_second,
    )


def number_space() -> str | None:
    """Names the boot and the container in which pids and start times mean what they say; None if unknown."""
    if sys.platform != "linux":
        return None
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return None
