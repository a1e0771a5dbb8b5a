"""A worker's standard input and its private standard output, joined to the loop."""

import asyncio
import os
import stat

from fpf.lines import LineReader, LineWriter


async def open_pipes(reader: LineReader, writer: LineWriter, protocol_fd: int) -> None:
    """Begin reading descriptor 0 and writing ``protocol_fd``; raises ``OSError`` when one is no pipe."""
    # The loop's library ends the process when it is given a file it cannot wait for: look first.
    for fd, name in ((0, "input"), (protocol_fd, "output")):
        if not _can_be_waited_for(fd):
            raise OSError(f"standard {name} is not a pipe")
    loop = asyncio.get_running_loop()
    await loop.connect_write_pipe(lambda: writer, os.fdopen(protocol_fd, "wb", buffering=0))
    await loop.connect_read_pipe(lambda: reader, os.fdopen(os.dup(0), "rb", buffering=0))


def _can_be_waited_for(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd)
