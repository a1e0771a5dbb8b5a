"""A finding as a line for people. Pure."""

from services.cli.checkup.finding import Finding
from services.cli.showing.phrases import one_line

_LINE_CHARS = 1000
MARK_CHARS = 4
"""How far to the right of the mark the words begin."""


def finding_line(finding: Finding) -> str:
    """``ok  what``, or ``!!  what is wrong — how to mend it``."""
    if finding.ok:
        return one_line(f"ok  {finding.what}", _LINE_CHARS).replace("ok ", "ok  ", 1)
    return one_line(f"!! {finding.what} — {finding.mend}", _LINE_CHARS).replace("!! ", "!!  ", 1)
