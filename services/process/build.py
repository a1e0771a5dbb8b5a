"""Which build this is: a fingerprint of the code that runs, so that two parts that differ can say so."""

import hashlib
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent
_PARTS = ("shared", "fpf", "services")
_KINDS = frozenset({".py", ".js", ".css", ".html"})


def build_id() -> str:
    """``<version>+<ten hex digits of the source's SHA-256>``; equal exactly where the code is equal."""
    digest = hashlib.sha256()
    for part in _PARTS:
        for path in sorted((_ROOT / part).rglob("*")):
            if path.suffix in _KINDS:
                digest.update(str(path.relative_to(_ROOT)).encode())
                digest.update(path.read_bytes())
    return f"{version('acm2')}+{digest.hexdigest()[:10]}"
