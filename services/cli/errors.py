"""Every way a command can fail that is not a bug, and the exit code of each.

CommandError
├── WrongUsage          64  what was typed cannot be done as it stands
│   └── NoSuchRun           there is no run of that name
├── Refused         64, 70  a service said no, with its problem document
├── Unreachable         69  nobody answers, or something else does
├── ServiceFailed   69-73   a service we started did not come up, or went away
├── Unwritable          74  what is to be written has no room
├── ReaderLeft      0, 141  whoever read our output has seen enough
└── GivenUp            130  the person did not wait for it
"""

from services.process.exit_codes import CTRL_C, OK, STORAGE, UNREACHABLE, USAGE


class CommandError(Exception):
    """A failure told to the person in plain words; ``exit_code`` is the process's."""

    exit_code = USAGE

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class WrongUsage(CommandError):
    """What was typed cannot be done as it stands; the message says what would be right."""


class NoSuchRun(WrongUsage):
    """Whoever was asked knows no run of that name."""


class Refused(CommandError):
    """A service answered with an error; ``status`` is the HTTP status, ``type`` the last part of the problem's type."""

    def __init__(self, message: str, *, status: int, type_: str, exit_code: int) -> None:
        super().__init__(message, exit_code=exit_code)
        self.status = status
        self.type = type_


class Unreachable(CommandError):
    """Nobody answers at the address, or what answers is no ACM2 service."""

    exit_code = UNREACHABLE


class ServiceFailed(CommandError):
    """A service this command started did not come up or went away; the exit code is the service's own."""

    exit_code = UNREACHABLE


class Unwritable(CommandError):
    """A disk takes no more, or fails; the message names what was to be written."""

    exit_code = STORAGE


class ReaderLeft(CommandError, OSError):
    """The end of a pipe (``acm2 logs | head``): no failure, and nothing to say about it.

    An ``OSError`` too, for whoever writes and bears what the system says of it.
    """

    exit_code = OK


class GivenUp(CommandError):
    """Ctrl-C before there was anything to end gracefully."""

    exit_code = CTRL_C
