"""The time as the person at this terminal reads it."""

from datetime import UTC, datetime

from shared.stored import parse_time


def time_of_day() -> str:
    """``10:15:32``, local time."""
    return f"{datetime.now().astimezone():%H:%M:%S}"


def local_time(text: object) -> str:
    """A service's RFC 3339 time as a local time of day; what is none is shown as it is, cut short."""
    ms = parse_time(text) if isinstance(text, str) else None
    if ms is None:
        return str(text)[:40] if text else "an unknown time"
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone():%H:%M:%S}"
