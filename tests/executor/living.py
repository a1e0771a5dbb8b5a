"""The children of a process that still run. One that has ended and was not waited for has no command line to read."""

import psutil


def living_children(pid: int | None = None) -> list[psutil.Process]:
    """Of this process, or of the one named."""
    return [child for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE]


def command_of(process: psutil.Process) -> list[str]:
    """Its command line, empty where it has just ended."""
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
