"""The answer to a Messages request."""

from typing import Any

import msgspec

from fpf.providers.anthropic import ANSWER_TOOL, token_limit
from fpf.providers.error_reply import error_failure, status_inside
from fpf.providers.reply_checks import Trouble, cut_off, read_body, settled, unreadable
from fpf.providers.usage import anthropic_usage
from fpf.wire import HttpCall, HttpReply
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest


class _Block(msgspec.Struct):
    type: str = ""
    text: Any = None
    name: Any = None
    input: Any = None


class _Message(msgspec.Struct):
    content: list[_Block] | None = None
    stop_reason: Any = None
    usage: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Message)


def parse_message(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmAnswer | LlmFailure:
    """The text, or what the answer's tool was called with; what the model thought is no part of it."""
    message = read_body(_decoder, reply, request, call, "message")
    if isinstance(message, LlmFailure):
        return message
    if message.error:
        return error_failure({"error": message.error}, status_inside(message.error), reply, request, call)
    if message.content is None:
        return unreadable(reply, request, call, "a message without content")
    trouble = _trouble(message.stop_reason, request)
    return settled(_text(message.content), anthropic_usage(message.usage), trouble, reply, call)


def _text(blocks: list[_Block]) -> str:
    for block in blocks:
        if block.type == "tool_use" and block.name == ANSWER_TOOL:
            return msgspec.json.encode(block.input).decode()
    return "".join(block.text for block in blocks if block.type == "text" and isinstance(block.text, str))


def _trouble(stop_reason: Any, request: LlmRequest) -> Trouble | None:
    match stop_reason:
        case "max_tokens":
            return FailureKind.TRUNCATED, cut_off(request, token_limit(request))
        case "model_context_window_exceeded":
            return FailureKind.TRUNCATED, "the answer was cut off: prompt and answer fill the model's context"
        case "refusal":
            return FailureKind.CONTENT_FILTERED, "the model refused to answer"
        case "pause_turn":
            return FailureKind.SERVER, f"{request.provider} paused in the middle of the answer"
    return None
