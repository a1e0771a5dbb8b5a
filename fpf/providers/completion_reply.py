"""The answer to a Chat Completions request, read strictly where it matters and kindly where it does not."""

from typing import Any

import msgspec

from fpf.providers.error_reply import error_failure, parse_error
from fpf.providers.quoting import kept_text, without_key
from fpf.providers.usage import read_usage
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
    error: Any = None


_decoder = msgspec.json.Decoder(_Completion)


def parse_completion(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmAnswer | LlmFailure:
    """The first choice's text with the usage, or the failure; ``duration_s`` is filled in by whoever has a clock."""
    if 300 <= reply.status < 400:
        message = f"{request.provider} answered {reply.status}: its address has moved, and redirects are not followed"
        return LlmFailure(kind=FailureKind.BAD_REQUEST, message=message, sent="yes", status=reply.status)
    if not 200 <= reply.status < 300:
        return parse_error(reply, request, call)
    try:
        completion = _decoder.decode(reply.body)
    except msgspec.ValidationError:
        return _unreadable(reply, request, call, "a body that is no chat completion")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _unreadable(reply, request, call, "a body that is not JSON")
    if completion.error:
        return _error_inside(completion, reply, request, call)
    if not completion.choices or completion.choices[0].message is None:
        return _unreadable(reply, request, call, "a chat completion without a message")
    message_text = without_key(_text(completion.choices[0].message.content), call.secret)
    usage = read_usage(completion.usage)
    trouble = _trouble(completion.choices[0], message_text, request)
    if trouble is None:
        return LlmAnswer(text=message_text, duration_s=0.0, **usage._asdict())
    kind, said = trouble
    return LlmFailure(
        kind=kind, message=said, sent="yes", status=reply.status, text=message_text or None, **usage._asdict()
    )


def _trouble(choice: _Choice, text: str, request: LlmRequest) -> tuple[FailureKind, str] | None:
    """What the provider itself says is wrong with this answer, if anything."""
    if choice.finish_reason == "content_filter":
        return FailureKind.CONTENT_FILTERED, f"{request.provider} filtered the answer"
    if choice.finish_reason == "length":
        limit = request.max_completion_tokens
        allowed = f"the {limit} tokens allowed" if limit is not None else "the model's own limit"
        return FailureKind.TRUNCATED, f"the answer was cut off at {allowed}"
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


def _error_inside(completion: _Completion, reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmFailure:
    code = completion.error.get("code") if isinstance(completion.error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    value = {"error": completion.error, "usage": completion.usage}
    return error_failure(value, status, reply, request, call)


def _unreadable(reply: HttpReply, request: LlmRequest, call: HttpCall, what: str) -> LlmFailure:
    return LlmFailure(
        kind=FailureKind.SERVER,
        message=f"{request.provider} answered {reply.status} with {what} ({len(reply.body)} bytes)",
        sent="yes",
        status=reply.status,
        text=kept_text(reply.body, call.secret),
    )
