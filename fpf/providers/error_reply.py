"""An answer that says no: its status and its body make one failure kind and a message fit to be shown."""

import re
from typing import Any, NamedTuple

import msgspec

from fpf.providers.quoting import kept_text, quotable, quotable_code
from fpf.providers.retry_after import read_retry_after
from fpf.providers.usage import read_usage
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
    "moderation_blocked": FailureKind.CONTENT_FILTERED,
    "ResponsibleAIPolicyViolation": FailureKind.CONTENT_FILTERED,
    "rate_limit_exceeded": FailureKind.RATE_LIMITED,
    "invalid_api_key": FailureKind.AUTH,
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
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Detail(NamedTuple):
    """What an error says: short identifiers, and a sentence that is not yet fit to be quoted."""

    codes: tuple[str, ...] = ()
    text: str = ""


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
    usage = read_usage(value.get("usage") if isinstance(value, dict) else None)
    kind = kind_of(status, detail.codes)
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
        retry_after_s=read_retry_after(reply.headers, reply.received_at_s),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        text=None if about_a_key else kept_text(reply.body, call.secret),
    )


def kind_of(status: int, codes: tuple[str, ...]) -> FailureKind:
    """Pure table: a code that is known says more than the status."""
    known = [_KIND_OF_CODE[code] for code in codes if code in _KIND_OF_CODE]
    if known:
        return known[0]
    if status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    return FailureKind.SERVER if status >= 500 else FailureKind.BAD_REQUEST


def read_detail(error: Any) -> Detail:
    """The codes and the sentence of an error object, or of a bare sentence; anything else says nothing."""
    if isinstance(error, str):
        return Detail(text=error)
    if not isinstance(error, dict):
        return Detail()
    inner = error.get("innererror")
    named = [error.get("code"), error.get("type"), inner.get("code") if isinstance(inner, dict) else None]
    codes = [code for code in named if isinstance(code, str) and _CODE.fullmatch(code)]
    text = next((part for part in (error.get("message"), error.get("detail")) if isinstance(part, str)), "")
    return Detail(tuple(dict.fromkeys(codes)), text)
