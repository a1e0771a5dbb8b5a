"""The ledger's and telemetry's word on the same run, held against each other.

Telemetry may lack events (it was wiped, or restored from an older copy): they are sent again. It may have more than the
ledger, or another life of the run: then the ledger has lost what it once had, and nothing can mend that.
"""

from dataclasses import dataclass

import msgspec

from services.executor.core.delivery.acknowledgement import DELETED, Halt, ahead
from shared.status import FINAL, RunStatus


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the ledger has it: how far it goes, how far it was acknowledged, what a comparison has found before."""

    run_id: str
    epoch: str
    status: RunStatus
    last_seq: int
    delivered_seq: int
    discarded: int = 0
    stopped: str | None = None
    reconciled_seq: int | None = None
    reconciled_digest: str | None = None
    """Telemetry's digest at that seq."""

    @property
    def is_final(self) -> bool:
        """Whether the run is over."""
        return self.status in FINAL


class Theirs(msgspec.Struct, frozen=True, kw_only=True):
    """A run as telemetry has it."""

    run_id: str
    epoch: str
    last: int
    count: int
    digest: str


class Gone(msgspec.Struct, frozen=True):
    """Telemetry does not have the run; ``deleted``: it was told to forget it, and takes it never again."""

    deleted: bool


@dataclass(frozen=True, slots=True)
class Behind:
    """Telemetry lacks what is after this seq."""

    upto: int


@dataclass(frozen=True, slots=True)
class Level:
    """Telemetry has what was delivered; ``whole``: that is the log to its end, and its digest can be compared."""

    whole: bool


Finding = Behind | Level | Halt


def worth_a_look(mine: Standing, theirs: Theirs | None) -> bool:
    """Whether this run, as telemetry lists it (None: it does not), may differ from what was delivered."""
    if mine.stopped is not None:
        return False
    if theirs is None:
        return mine.delivered_seq > 0
    if theirs.epoch != mine.epoch or theirs.last > mine.last_seq or theirs.last < mine.delivered_seq:
        return True
    if not mine.is_final or theirs.last != mine.last_seq:
        return False
    return mine.reconciled_seq != mine.last_seq or mine.reconciled_digest != theirs.digest


def judge(mine: Standing, sent: int, theirs: Theirs | Gone) -> Finding:
    """What telemetry's word on a run means; ``sent`` had been acknowledged before it was asked."""
    if isinstance(theirs, Gone):
        return Halt(f"{DELETED}: deleted at telemetry") if theirs.deleted else Behind(0)
    if theirs.epoch != mine.epoch:
        return Halt(f"telemetry has another life of this run (epoch {theirs.epoch[:32]})", closes=True)
    if theirs.last > mine.last_seq:
        return ahead(theirs.last, mine.last_seq)
    if theirs.last < sent:
        return Behind(theirs.last)
    return Level(whole=mine.is_final and theirs.last == mine.last_seq)
