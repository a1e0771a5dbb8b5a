"""What was found: in order, or wrong with the way to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line. ``unreachable``: it is wrong because a service cannot be reached."""

    check: str
    ok: bool
    what: str
    mend: str = ""
    unreachable: bool = False


def well(check: str, what: str) -> Finding:
    """In order."""
    return Finding(check=check, ok=True, what=what)


def wrong(check: str, what: str, mend: str, *, unreachable: bool = False) -> Finding:
    """Not in order; ``mend`` says what to do about it."""
    return Finding(check=check, ok=False, what=what, mend=mend, unreachable=unreachable)
