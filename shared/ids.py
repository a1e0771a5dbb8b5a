"""Names of runs, lives of a log, and positions in it. Source: CONTRACT section 1."""

import re
from typing import NamedTuple, NewType

RunId = NewType("RunId", str)
Epoch = NewType("Epoch", str)

RUN_ID_PATTERN = r"[A-Za-z0-9._-]{1,64}"
EPOCH_PATTERN = r"[A-Za-z0-9]{1,32}"

_run_id = re.compile(RUN_ID_PATTERN)
_epoch = re.compile(EPOCH_PATTERN)
_position = re.compile(rf"({EPOCH_PATTERN})-(0|[1-9][0-9]{{0,17}})")

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class Position(NamedTuple):
    """A place in one life of a run's log; ``seq`` 0 is before the first event. Written ``<epoch>-<seq>``."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"


def is_run_id(text: str) -> bool:
    """Whether the text may name a run. ``.`` and ``..`` may not: no URL can carry them."""
    return _run_id.fullmatch(text) is not None and text not in {".", ".."}


def is_epoch(text: str) -> bool:
    """Whether the text may name a life of a log."""
    return _epoch.fullmatch(text) is not None


def parse_position(text: str) -> Position | None:
    """The position written as ``<epoch>-<seq>``, or None where the text is none."""
    match = _position.fullmatch(text)
    return Position(match[1], int(match[2])) if match else None


def token(number: int, length: int) -> str:
    """``length`` letters and digits that spell the low digits of ``number`` in base 36."""
    letters = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        letters.append(_ALPHABET[digit])
    return "".join(reversed(letters))


def make_run_id(utc_compact: str, randomness: int) -> RunId:
    """A run id that sorts by time: ``20261122-101500-k3v9x2``; ``utc_compact`` is ``YYYYmmdd-HHMMSS``."""
    return RunId(f"{utc_compact}-{token(randomness, 6)}")


def make_epoch(randomness: int) -> Epoch:
    """A new life's name, eight letters and digits."""
    return Epoch(token(randomness, 8))
