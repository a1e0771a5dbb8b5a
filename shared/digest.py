"""A fingerprint of a whole log that two sides can compare. Source: CONTRACT section 2.

``d(0)`` is no bytes; ``d(n)`` is SHA-256 of the 32 raw bytes of ``d(n-1)`` followed by line ``n``.
"""

import hashlib
from collections.abc import Iterable

EMPTY = b""


def extend(digest: bytes, lines: Iterable[bytes]) -> bytes:
    """The digest after these further lines (without their newlines)."""
    for line in lines:
        digest = hashlib.sha256(digest + line).digest()
    return digest
