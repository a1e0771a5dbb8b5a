"""What an error body says, whoever sent it: each provider puts its short identifiers somewhere else."""

import re
from typing import Any, NamedTuple

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")

QUOTA_USED_UP = "quota_used_up"
"""Said of a quota that does not come back soon; no provider's own word."""


class Detail(NamedTuple):
    """What an error says: short identifiers, and a sentence that is not yet fit to be quoted."""

    codes: tuple[str, ...] = ()
    """From the general to the particular: the last one that is known says most."""

    text: str = ""
    retry_after_s: float | None = None


def read_detail(error: Any) -> Detail:
    """The codes and the sentence of an error object, or of a bare sentence; anything else says nothing."""
    if isinstance(error, str):
        return Detail(text=error)
    if not isinstance(error, dict):
        return Detail()
    named = [error.get("code"), error.get("type"), error.get("status")]
    for inside in ("innererror", "metadata", "details"):
        named += _codes_inside(error.get(inside))
    codes = [code for code in named if isinstance(code, str) and _CODE.fullmatch(code)]
    text = next((part for part in (error.get("message"), error.get("detail")) if isinstance(part, str)), "")
    return Detail(tuple(dict.fromkeys(codes)), text, _retry_after_s(error.get("details")))


def _codes_inside(value: Any) -> list[Any]:
    """The identifiers of Azure's ``innererror``, OpenRouter's ``metadata``, Anthropic's and Google's ``details``."""
    if isinstance(value, list):
        return [code for part in value[:20] for code in _codes_of_google(part)]
    if not isinstance(value, dict):
        return []
    flagged = "moderation_blocked" if isinstance(value.get("reasons"), list) and "flagged_input" in value else None
    return [value.get("code"), value.get("error_code"), value.get("error_type"), value.get("limit_source"), flagged]


def _codes_of_google(detail: Any) -> list[Any]:
    if not isinstance(detail, dict):
        return []
    violations = detail.get("violations")
    if not isinstance(violations, list):
        return [detail.get("reason")]
    quotas = [part for part in violations[:20] if isinstance(part, dict)]
    return [QUOTA_USED_UP] if any(_is_used_up(quota) for quota in quotas) else []


def _is_used_up(quota: dict[str, Any]) -> bool:
    """A quota of a day does not come back within a run's patience, and one of zero was never there."""
    return "PerDay" in str(quota.get("quotaId")) or quota.get("quotaValue") in (0, "0")


def _retry_after_s(details: Any) -> float | None:
    """What Google says in the body instead of a header."""
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        found = _SECONDS.fullmatch(delay) if isinstance(delay, str) else None
        if found is not None:
            return float(found[1])
    return None
