"""Entity tags (RFC 9110): which version of something somebody has seen, so that two editors do not overwrite each other.

A tag is ``"<version>"``, or ``"<version>.<form>"`` for one of several forms the same version is shown in. The version
alone decides whether somebody has seen the newest.
"""

import hashlib
import re

_TAG = re.compile(r'(?:W/)?"([^"\x00-\x1f]*)"')
_TAG_CHARS = 32
_FORM_CHARS = 16
_MOST_HEADER_CHARS = 2_000


def version_of(raw: bytes) -> str:
    """The version these bytes are: the same for the same bytes, and for no others."""
    return hashlib.sha256(raw).hexdigest()[:_TAG_CHARS]


def tag(version: str, form: bytes | None = None) -> str:
    """The header's value; ``form`` is the body where that is not the version's own bytes."""
    return f'"{version}"' if form is None else f'"{version}.{hashlib.sha256(form).hexdigest()[:_FORM_CHARS]}"'


def names_version(header: str, version: str | None) -> bool:
    """Whether an ``If-Match`` header allows a change of this version; None is nothing there.

    ``*`` is anything that is there. A tag a proxy has marked as weak, as those that compress do, still matches: it
    names the bytes that are kept, whatever was done to them on the way.
    """
    if version is None:
        return False
    if header.strip() == "*":
        return True
    found = _TAG.findall(header[:_MOST_HEADER_CHARS])
    return any(text.split(".", maxsplit=1)[0] == version for text in found)


def names_form(header: str, shown: str) -> bool:
    """Whether an ``If-None-Match`` header holds this very tag, so that nothing needs to be sent."""
    return header.strip() == "*" or any(f'"{text}"' == shown for text in _TAG.findall(header[:_MOST_HEADER_CHARS]))
