"""How far a service's clock is from this machine's, as its answers tell. Pure."""

from email.utils import parsedate_to_datetime

from services.cli.checkup.finding import Finding, well, wrong

MOST_OFF_S = 2.0
_DATE_STEP_S = 2.0
"""A ``Date`` header names whole seconds, and servers make it anew once a second: the time may be this much later."""


def clock_off_s(date: str | None, before_s: float, after_s: float) -> float | None:
    """Seconds the service is ahead (behind: negative), as far as that is certain; None without a readable ``Date``.

    ``before_s`` and ``after_s``: our time around the answer, in seconds since 1970.
    """
    try:
        said_s = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return None
    if said_s > after_s:
        return said_s - after_s
    return min(0.0, said_s + _DATE_STEP_S - before_s)


def clock_finding(spoken: str, off_s: float | None) -> Finding:
    """Whether the clocks agree."""
    if off_s is None:
        return wrong("clocks", f"{spoken} does not say what time it is", "is there a proxy that takes Date away?")
    if abs(off_s) <= MOST_OFF_S:
        return well("clocks", f"{spoken}'s clock agrees with this machine's")
    direction = "ahead of" if off_s > 0 else "behind"
    return wrong(
        "clocks",
        f"{spoken}'s clock is {abs(off_s):.0f} s {direction} this machine's: times and rates will look wrong",
        "let both set their time from the network (NTP)",
    )
