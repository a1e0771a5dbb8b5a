"""What comes in while a run is followed: frames of the live stream, and word of the link that carries them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One event of a stream: its name, its data, and the data as it was sent."""

    event: str
    data: dict[str, Any]
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class LinkUp:
    """The stream is open."""


@dataclass(frozen=True, kw_only=True)
class LinkDown:
    """The stream is broken since that time of day, for this reason, and is tried again after so many seconds."""

    since: str
    reason: str
    retry_in_s: float


Signal = Frame | LinkUp | LinkDown
