"""The reply to a request in the provider's own words: handed on whole, read only for what it cost."""

from typing import Any

import msgspec

from fpf.providers.error_reply import error_failure, status_inside
from fpf.providers.quoting import without_key
from fpf.providers.reply_checks import not_an_answer, unreadable
from fpf.providers.usage import chat_usage, embedding_usage
from fpf.wire import HttpCall, HttpReply
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest


def parse_raw(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmAnswer | LlmFailure:
    """The JSON object the provider sent, as its text, with the tokens it says it counted; or the failure."""
    failure = not_an_answer(reply, request, call)
    if failure is not None:
        return failure
    try:
        value: Any = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return unreadable(reply, request, call, "a body that is not JSON")
    if not isinstance(value, dict):
        return unreadable(reply, request, call, "a body that is no JSON object")
    if value.get("error"):
        return error_failure(value, status_inside(value["error"]), reply, request, call)
    is_chat = request.passthrough is None or request.passthrough.endpoint == "chat/completions"
    stated = value.get("usage")
    usage = chat_usage(stated, value.get("service_tier")) if is_chat else embedding_usage(stated)
    text = without_key(reply.body.decode(), call.secret)
    return LlmAnswer(text=text, duration_s=0.0, **usage._asdict())
