"""How much of a provider's own words may be shown: never a key, never a piece of the prompt, never at length."""

import re
from typing import Any

from shared.llm_call import LlmRequest

MAX_QUOTED_CHARACTERS = 200

MAX_KEPT_CHARACTERS = 20_000
"""How much of a body that is no answer is kept for the person who asks why."""

_OVERLAP_CHARACTERS = 16
_FEWEST_CHARACTERS = 4
_ESCAPED_AT_MOST = 2
"""JSON in JSON is escaped twice."""

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([ntr\"'\\/]))")
_MAX_SEARCHED_CHARACTERS = 1_000_000
_KEY_MARK = "[key]"
_KEY_RUN_CHARACTERS = 10
"""A piece of a key this long says more of it than its kind."""

_SHORTEST_REAL_KEY = 16


def quotable(text: str, request: LlmRequest, secret: str | None) -> str:
    """One short line of ``text``, or nothing when it repeats the prompt (or the prompt is too long to tell)."""
    line = " ".join(text.split())
    if secret:
        line = line.replace(secret, _KEY_MARK)
        if _holds_a_part(line, secret):
            return ""
    if len(line) > MAX_QUOTED_CHARACTERS:
        line = line[: MAX_QUOTED_CHARACTERS - 1] + "…"
    sources = _prompt_texts(request)
    if sum(map(len, sources)) > _MAX_SEARCHED_CHARACTERS:
        return ""
    searched = _plain(line)
    return "" if any(_repeats(searched, _plain(source)) for source in sources) else line


def quotable_code(code: str, request: LlmRequest, secret: str | None) -> bool:
    """Whether a short identifier may be shown as it is: not the key, not a piece of it, not one of the prompt."""
    return quotable(code, request, secret) == code


def without_key(text: str, secret: str | None) -> str:
    """An answer, word for word but for a key in it, which would go on to whoever is asked about the answer next.

    What is too short to be a real key may be a word, and stays.
    """
    if secret is None or len(secret) < _SHORTEST_REAL_KEY:
        return text
    return text.replace(secret, _KEY_MARK)


def kept_text(body: bytes, secret: str | None) -> str | None:
    """The beginning of a body as text, without the key, or nothing where pieces of it are left; for the record of an attempt, never for an event."""
    # Cut after the key is out: half a key would no longer be found.
    text = body.decode(errors="replace")
    if secret:
        text = text.replace(secret, _KEY_MARK)
        if _holds_a_part(text, secret):
            return None
    return text[:MAX_KEPT_CHARACTERS] or None


def _prompt_texts(request: LlmRequest) -> list[str]:
    """Every text the provider was sent, whoever wrote it."""
    texts = [request.instructions, request.document, request.template or ""]
    # One list instead of a call in a call: a body may be nested deeper than the interpreter likes.
    left: list[Any] = [] if request.passthrough is None else [request.passthrough.body]
    while left:
        match left.pop():
            case str(text):
                texts.append(text)
            case dict(members):
                left.extend(members.values())
            case list(items):
                left.extend(items)
    return texts


def _holds_a_part(text: str, secret: str) -> bool:
    starts = range(len(secret) - _KEY_RUN_CHARACTERS + 1)
    return any(secret[start : start + _KEY_RUN_CHARACTERS] in text for start in starts)


def _plain(text: str) -> str:
    """The text as it reads, however it was written: a body may repeat a prompt as JSON or as Python would print it."""
    for _ in range(_ESCAPED_AT_MOST):
        if "\\" not in text:
            break
        text = _ESCAPE.sub(_meant, text)
    return " ".join(text.split()).casefold()


def _meant(escape: re.Match[str]) -> str:
    code, sign = escape[1] or escape[2], escape[3]
    if code:
        return chr(int(code, 16))
    return " " if sign in "ntr" else sign


def _repeats(line: str, source: str) -> bool:
    """Whether a run of the source stands in the line; shorter runs are words any two texts share."""
    if len(source) <= _OVERLAP_CHARACTERS:
        return len(source) >= _FEWEST_CHARACTERS and source in line
    starts = range(len(line) - _OVERLAP_CHARACTERS + 1)
    return any(line[start : start + _OVERLAP_CHARACTERS] in source for start in starts)
