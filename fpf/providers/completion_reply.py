"""The answer to a Chat Completions request, read strictly where it matters and kindly where it does not."""

from typing import Any

import msgspec

from fpf.providers.error_reply import error_failure, status_inside
from fpf.providers.reply_checks import Trouble, cut_off, read_body, settled, unreadable
from fpf.providers.usage import chat_usage
from fpf.wire import HttpCall, HttpReply
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest


class _Message(msgspec.Struct):
    content: Any = None
    refusal: Any = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: Any = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Any = None
    service_tier: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Completion)


def parse_completion(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmAnswer | LlmFailure:
    """The first choice's text with the usage, or the failure; ``duration_s`` is filled in by whoever has a clock."""
    completion = read_body(_decoder, reply, request, call, "chat completion")
    if isinstance(completion, LlmFailure):
        return completion
    if completion.error:
        return error_failure({"error": completion.error}, status_inside(completion.error), reply, request, call)
    if not completion.choices or completion.choices[0].message is None:
        return unreadable(reply, request, call, "a chat completion without a message")
    text = _text(completion.choices[0].message.content)
    trouble = _trouble(completion.choices[0], text, request)
    return settled(text, chat_usage(completion.usage, completion.service_tier), trouble, reply, call)


def _trouble(choice: _Choice, text: str, request: LlmRequest) -> Trouble | None:
    """What the provider itself says is wrong with this answer, if anything."""
    if choice.finish_reason == "content_filter":
        return FailureKind.CONTENT_FILTERED, f"{request.provider} filtered the answer"
    if choice.finish_reason == "length":
        return FailureKind.TRUNCATED, cut_off(request)
    if choice.finish_reason == "error":
        return FailureKind.SERVER, f"{request.provider} broke off the answer with an error"
    if choice.message is not None and choice.message.refusal and not text:
        return FailureKind.CONTENT_FILTERED, "the model refused to answer"
    return None


def _text(content: Any) -> str:
    """A message's text; some endpoints send it in parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return "".join(part for part in parts if isinstance(part, str))
