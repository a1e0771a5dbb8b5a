"""How much of a provider's own words may be shown: never a key, never a piece of the prompt, never at length."""

from shared.llm_call import LlmRequest

MAX_QUOTED_CHARACTERS = 200

MAX_KEPT_CHARACTERS = 20_000
"""How much of a body that is no answer is kept for the person who asks why."""

_OVERLAP_CHARACTERS = 16
_STEP_CHARACTERS = 4
_MAX_SEARCHED_CHARACTERS = 1_000_000
_KEY_MARK = "[key]"


def quotable(text: str, request: LlmRequest, secret: str | None) -> str:
    """One short line of ``text``, or nothing when it repeats the prompt (or the prompt is too long to tell)."""
    line = " ".join(text.split())
    if secret:
        line = line.replace(secret, _KEY_MARK)
    if len(line) > MAX_QUOTED_CHARACTERS:
        line = line[: MAX_QUOTED_CHARACTERS - 1] + "…"
    sources = (request.instructions, request.document, request.template or "")
    if sum(map(len, sources)) > _MAX_SEARCHED_CHARACTERS:
        return ""
    return "" if any(_repeats(line, source) for source in sources) else line


def kept_text(body: bytes, secret: str | None) -> str | None:
    """The beginning of a body as text, without the key; for the record of an attempt, never for an event."""
    # Cut after the key is out: half a key would no longer be found.
    text = body.decode(errors="replace")
    if secret:
        text = text.replace(secret, _KEY_MARK)
    return text[:MAX_KEPT_CHARACTERS] or None


def _repeats(line: str, source: str) -> bool:
    """Whether a run of the source stands in the line; shorter runs are words any two texts share."""
    searched = " ".join(source.split())
    if len(searched) <= _OVERLAP_CHARACTERS:
        return len(searched) >= _STEP_CHARACTERS and searched in line
    starts = range(0, len(line) - _OVERLAP_CHARACTERS + 1, _STEP_CHARACTERS)
    return any(line[start : start + _OVERLAP_CHARACTERS] in searched for start in starts)
