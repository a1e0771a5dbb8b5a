"""The answer to a generateContent request."""

import re
from typing import Any

import msgspec

from fpf.providers.error_reply import error_failure, status_inside
from fpf.providers.reply_checks import Trouble, cut_off, read_body, settled, unreadable
from fpf.providers.usage import google_usage
from fpf.wire import HttpCall, HttpReply
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

_FILTERED = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "MODEL_ARMOR"}
)
_WHOLE = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_REASON = re.compile(r"[A-Z_]{1,40}")


class _Part(msgspec.Struct):
    text: Any = None
    thought: Any = None


class _Content(msgspec.Struct):
    parts: list[_Part] | None = None


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: Any = None


class _Reply(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: Any = None
    usage_metadata: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Reply)


def parse_generated(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmAnswer | LlmFailure:
    """The first candidate's text without its thoughts. A prompt that was blocked has no candidate, but a cost."""
    found = read_body(_decoder, reply, request, call, "generated content")
    if isinstance(found, LlmFailure):
        return found
    if found.error:
        return error_failure({"error": found.error}, status_inside(found.error), reply, request, call)
    usage = google_usage(found.usage_metadata)
    if not found.candidates:
        feedback = found.prompt_feedback
        blocked = _named(feedback.get("blockReason")) if isinstance(feedback, dict) else None
        if blocked is None:
            return unreadable(reply, request, call, "content without a candidate")
        said = f"{request.provider} blocked the prompt ({blocked})"
        return settled("", usage, (FailureKind.CONTENT_FILTERED, said), reply, call)
    candidate = found.candidates[0]
    parts = (candidate.content.parts if candidate.content is not None else None) or []
    text = "".join(part.text for part in parts if isinstance(part.text, str) and part.thought is not True)
    return settled(text, usage, _trouble(candidate.finish_reason, request), reply, call)


def _trouble(finish_reason: Any, request: LlmRequest) -> Trouble | None:
    reason = _named(finish_reason)
    if reason is None or reason in _WHOLE:
        return None
    if reason == "MAX_TOKENS":
        return FailureKind.TRUNCATED, cut_off(request)
    if reason in _FILTERED:
        return FailureKind.CONTENT_FILTERED, f"{request.provider} stopped the answer ({reason})"
    return FailureKind.SERVER, f"{request.provider} broke off the answer ({reason})"


def _named(value: Any) -> str | None:
    return value if isinstance(value, str) and _REASON.fullmatch(value) else None
