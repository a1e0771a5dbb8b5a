"""What a provider wants sent and what came back, without any HTTP library in sight."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One POST. Its repr shows neither the headers (a key is in them) nor the body (the prompt is in it)."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    timeout_s: float
    secret: str | None = field(default=None, repr=False)
    """The key in the headers, so that whoever quotes the provider can take it out."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole answer of any status. ``headers`` have lower-case names and are filled for error answers only."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at_s: float
    """Seconds since 1970, for headers that name a time of day."""
