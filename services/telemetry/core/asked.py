"""Where a viewer wants to begin, and where it can. Source: CONTRACT section 4.

What was asked for is read once; where it leads is decided against the log, and, for a run that has not begun, again
when it has.
"""

from typing import Literal, NamedTuple

from services.telemetry.core.run_log import RunLog
from shared.ids import Position, parse_position

Reason = Literal["dropped", "other_epoch", "unreadable", "ahead"]

_MAX_SEQ_DIGITS = 18


class Asked(NamedTuple):
    """``kind`` new: from the beginning, as somebody who knows nothing; now: what comes; after: what follows ``seq``."""

    kind: Literal["new", "now", "after", "unreadable"]
    text: str = ""
    epoch: str | None = None
    seq: int = 0


NEW = Asked("new")
NOW = Asked("now")
START = Asked("after")
"""Everything there is, as somebody who goes on: nothing of a run was there when the position was given."""


def read_asked(text: str, *, seq_allowed: bool = False) -> Asked:
    """A position, or with ``seq_allowed`` a bare seq."""
    position = parse_position(text)
    if position is not None:
        return Asked("after", text, position.epoch, position.seq)
    if seq_allowed and text.isascii() and text.isdigit() and len(text) <= _MAX_SEQ_DIGITS:
        return Asked("after", text, None, int(text))
    return Asked("unreadable", text)


class Begin(NamedTuple):
    """Begin after ``cursor``. ``gap``: the asked position cannot be had, and this is why; then begin as a new viewer."""

    cursor: int
    gap: Reason | None = None


def resolve(asked: Asked, log: RunLog) -> Begin | None:
    """Where to begin; None while it cannot be known, because the run has not begun."""
    if asked.kind == "unreadable":
        return Begin(0, "unreadable")
    if asked.kind == "new":
        return Begin(0)
    if asked.kind == "now":
        return Begin(log.high)
    if log.epoch is None:
        return None
    if asked.epoch is not None and asked.epoch != log.epoch:
        return Begin(0, "other_epoch")
    if asked.seq > log.high and log.ended:
        return Begin(0, "ahead")
    return Begin(asked.seq)


def stands_at_end(asked: Asked, log: RunLog) -> bool:
    """Whether there is nothing left to send: the run is over and the asked position is its last."""
    if asked.kind != "after" or not log.ended or asked.seq != log.high:
        return False
    return asked.epoch is None or asked.epoch == log.epoch


def starts_from(asked: Asked, log: RunLog) -> str | None:
    """The id of ``hello``: the position the stream starts from, none for a new viewer or one with a gap."""
    begin = resolve(asked, log)
    if begin is None:
        return str(Position(asked.epoch, asked.seq)) if asked.epoch is not None else None
    if begin.gap is not None or asked.kind == "new" or asked == START or (asked.kind == "now" and log.high == 0):
        return None
    return log.place(begin.cursor)


def hole_facts(log: RunLog, after: int, upto: int) -> dict[str, str | None]:
    """What ``gap`` says of events after one seq up to another that cannot be read any more."""
    oldest = log.place(upto + 1) if upto < log.high else None
    return {"requested": log.place(after), "oldest": oldest, "newest": log.place(log.high), "reason": "unreadable"}


def gap_facts(asked: Asked, reason: Reason, log: RunLog) -> dict[str, str | None]:
    """What ``gap`` and the problem ``run-expired`` say."""
    oldest = log.place(1) if log.high else None
    newest = log.place(log.high) if log.high else None
    return {"requested": asked.text, "oldest": oldest, "newest": newest, "reason": reason}
