"""What a call waits for, in words: ``backing off 12 s (429 rate_limited)``. Pure."""

from collections.abc import Mapping
from typing import Any

from services.cli.showing import phrases
from shared.stored import parse_time

_WORDS = {"slot": "waiting for a slot", "rate": "waiting for its provider", "backoff": "backing off", "pause": "paused"}
_TIMED = frozenset({"rate", "backoff"})
_REASON_CHARS = 80


def waiting_words(call: Mapping[str, Any], wall_ms: int) -> str:
    """Empty for a call that waits for nothing; ``wall_ms`` is the time of day in milliseconds since 1970."""
    kind = call.get("waits_for")
    if not kind:
        return ""
    words = _WORDS.get(str(kind), f"waiting for {phrases.one_line(str(kind), 40)}")
    until = call.get("until")
    until_ms = parse_time(until) if isinstance(until, str) else None
    if kind in _TIMED and until_ms is not None and until_ms > wall_ms:
        words += f" {-((wall_ms - until_ms) // 1000)} s"
    reason = call.get("reason")
    return f"{words} ({phrases.one_line(str(reason), _REASON_CHARS)})" if reason else words
