"""Where a command's words go out, and what it means when they cannot: the one border between printing and the system.

A reader that has seen enough (``acm2 logs | head``) ends the command quietly. A stdout that cannot be written (a full
disk) is one line and an exit code. What cannot be written to stderr is dropped: there is nowhere left to say it. A
stream that was closed before the start (``>&-``) was not wanted, so nothing written to it is missed.
"""

import errno
import io
import os
import sys
from typing import TextIO

from services.cli.errors import CommandError, ReaderLeft, Unwritable, WrongUsage

_STDOUT, _STDERR = 1, 2
_NO_FAULT_OF_THE_NAME = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def guard_outlets() -> None:
    """Put streams that know this in the place of the process's own; raises ``OSError`` where there is no /dev/null."""
    sys.stdout = _guarded(sys.stdout, _Stdout(_open(sys.stdout, _STDOUT), "wb", closefd=False))
    sys.stderr = _guarded(sys.stderr, _Stderr(_open(sys.stderr, _STDERR), "wb", closefd=False))


def not_written(what: object, error: OSError) -> CommandError:
    """The failure to raise for a file that could not be written: a wrong name for it, or a disk that takes no more."""
    if isinstance(error, BrokenPipeError):
        return ReaderLeft("nobody reads any further")
    words = f"{what} cannot be written: {error.strerror or error}"
    return Unwritable(words) if error.errno in _NO_FAULT_OF_THE_NAME else WrongUsage(words)


class _Stdout(io.FileIO):
    """The bytes of a result; a failure is told once, what is left in buffers then has nowhere to go."""

    def write(self, data: object, /) -> int | None:  # type: ignore[override]  # FileIO's own type is not importable
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            _lead_nowhere(self.fileno())
            raise ReaderLeft("nobody reads any further") from None
        except OSError as error:
            _lead_nowhere(self.fileno())
            raise not_written("stdout", error) from error


class _Stderr(io.FileIO):
    """The bytes of everything that is no result; never a reason to fail."""

    def write(self, data: object, /) -> int | None:  # type: ignore[override]  # FileIO's own type is not importable
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            has_read_all = _is_where_stdout_is(self.fileno())
            _lead_nowhere(self.fileno())
            if has_read_all:
                # 2>&1 | head: there is nobody for the results either.
                raise ReaderLeft("nobody reads any further") from None
        except OSError:
            # Room may come back: the next line is tried again.
            pass
        return len(memoryview(data).cast("B"))  # type: ignore[arg-type]


def _open(stream: TextIO | None, number: int) -> int:
    """The stream's descriptor; one that was closed at the start leads nowhere."""
    if stream is not None:
        return stream.fileno()
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    return number


def _guarded(before: TextIO | None, raw: io.FileIO) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding if before else "utf-8",
        errors=(before.errors if before else None) or "strict",
        line_buffering=raw.isatty() or raw.fileno() == _STDERR,
    )


def _lead_nowhere(number: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def _is_where_stdout_is(number: int) -> bool:
    return os.path.sameopenfile(number, _STDOUT)
