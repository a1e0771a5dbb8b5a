"""The time as the person at this terminal reads it."""

from datetime import datetime


def time_of_day() -> str:
    """``10:15:32``, local time."""
    return f"{datetime.now().astimezone():%H:%M:%S}"
