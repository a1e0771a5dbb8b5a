"""A text as one part of the ids inside a run: readable, and safe in a URL."""

import hashlib
import re

_SAFE = re.compile(r"[A-Za-z0-9._-]{1,40}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_KEPT_CHARS = 32


def part(text: str) -> str:
    """The text as one part of an id; what had to be changed gets a fingerprint, so that two texts stay two."""
    if _SAFE.fullmatch(text):
        return text
    kept = _UNSAFE.sub("-", text)[:_KEPT_CHARS].strip("-")
    return f"{kept}-{hashlib.sha256(text.encode()).hexdigest()[:7]}".lstrip("-")
