"""An answer that says no: its status and its body make one failure kind and a message fit to be shown."""

import re
from typing import Any

import msgspec

from fpf.providers.error_detail import QUOTA_USED_UP, Detail, read_detail
from fpf.providers.quoting import kept_text, quotable, quotable_code
from fpf.providers.retry_after import read_retry_after
from fpf.providers.usage import stated_usage
from fpf.wire import HttpCall, HttpReply
from shared.failures import FailureKind
from shared.llm_call import LlmFailure, LlmRequest

_KIND_OF_CODE = {
    "insufficient_quota": FailureKind.QUOTA,
    "insufficient_credits": FailureKind.QUOTA,
    "insufficient_balance": FailureKind.QUOTA,
    "billing_hard_limit_reached": FailureKind.QUOTA,
    "billing_not_active": FailureKind.QUOTA,
    "content_filter": FailureKind.CONTENT_FILTERED,
    "content_filtered": FailureKind.CONTENT_FILTERED,
    "content_policy_violation": FailureKind.CONTENT_FILTERED,
    "invalid_prompt": FailureKind.CONTENT_FILTERED,
    "moderation_blocked": FailureKind.CONTENT_FILTERED,
    "ResponsibleAIPolicyViolation": FailureKind.CONTENT_FILTERED,
    "rate_limit_exceeded": FailureKind.RATE_LIMITED,
    "invalid_api_key": FailureKind.AUTH,
    # Anthropic
    "billing_error": FailureKind.QUOTA,
    "enforced_spend_limit_reached": FailureKind.QUOTA,
    # Google, which answers 400 to a wrong key and 429 to everything that is used up
    "API_KEY_INVALID": FailureKind.AUTH,
    "API_KEY_EXPIRED": FailureKind.AUTH,
    QUOTA_USED_UP: FailureKind.QUOTA,
    # OpenRouter, which answers 402 also when requests in flight hold the credits, and 403 to a flagged prompt
    "openrouter_in_flight_budget": FailureKind.RATE_LIMITED,
    "openrouter_credits": FailureKind.QUOTA,
    "openrouter_key_limit": FailureKind.QUOTA,
}
_KIND_OF_STATUS = {
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    408: FailureKind.TIMEOUT,
    # Not the request is wrong, but the moment: these three may be tried again.
    409: FailureKind.SERVER,
    425: FailureKind.SERVER,
    429: FailureKind.RATE_LIMITED,
    504: FailureKind.TIMEOUT,
}
# An account without money has no code of its own at Anthropic (400) and Google (429): only the sentence tells.
_OUT_OF_MONEY = re.compile(r"credit balance is too low|API usage limits|credits are depleted", re.IGNORECASE)


def parse_error(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmFailure:
    """The failure of an answer with an error status, whatever its body is."""
    try:
        value: Any = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if isinstance(value, list) and value:
        value = value[0]
    return error_failure(value, reply.status, reply, request, call)


def error_failure(value: Any, status: int, reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmFailure:
    """The failure for ``status`` with the decoded body ``value``; some providers send both inside a 200."""
    detail = read_detail(value.get("error", value) if isinstance(value, dict) else value)
    usage = stated_usage(reply.body)
    kind = kind_of(status, detail)
    asked_s = read_retry_after(reply.headers, reply.received_at_s)
    said = f"{request.provider} answered {reply.status}"
    if status != reply.status:
        said += f" with an error {status} inside"
    codes = [code for code in detail.codes if quotable_code(code, request, call.secret)]
    if codes:
        said += f" ({', '.join(codes)})"
    # What is said about a key quotes parts of it; the status and the code say enough.
    about_a_key = kind is FailureKind.AUTH
    quoted = "" if about_a_key else quotable(detail.text, request, call.secret)
    return LlmFailure(
        kind=kind,
        message=f"{said}: {quoted}" if quoted else said,
        sent="yes",
        status=reply.status,
        retry_after_s=detail.retry_after_s if asked_s is None else asked_s,
        text=None if about_a_key else kept_text(reply.body, call.secret),
        **usage._asdict(),
    )


def status_inside(error: Any) -> int:
    """The status an error inside a 200 stands for: its code where that is one, else 500."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def kind_of(status: int, detail: Detail) -> FailureKind:
    """Pure table: a code that is known says more than the status, the most particular one says most."""
    known = [_KIND_OF_CODE[code] for code in detail.codes if code in _KIND_OF_CODE]
    if known:
        return known[-1]
    if status in (400, 429) and _OUT_OF_MONEY.search(detail.text[:1000]):
        return FailureKind.QUOTA
    if status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    return FailureKind.SERVER if status >= 500 else FailureKind.BAD_REQUEST
