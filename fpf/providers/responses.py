"""OpenAI's other interface: Responses, and the answer to it."""

from typing import Any

import msgspec

from fpf.endpoints import Endpoint
from fpf.providers.error_reply import error_failure
from fpf.providers.json_post import json_post
from fpf.providers.reply_checks import Trouble, cut_off, read_body, settled, unreadable
from fpf.providers.usage import responses_usage
from fpf.wire import HttpCall, HttpReply
from shared.failures import FailureKind
from shared.held_schema import schema_sent
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest
from shared.prompt import compose


class _Part(msgspec.Struct):
    type: str = ""
    text: Any = None


class _Item(msgspec.Struct):
    type: str = ""
    content: list[_Part] | None = None


class _Response(msgspec.Struct):
    status: Any = None
    output: list[_Item] | None = None
    incomplete_details: Any = None
    usage: Any = None
    service_tier: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Response)


def responses_call(request: LlmRequest, endpoint: Endpoint) -> HttpCall:
    """The one POST for this request. Nothing is kept at the provider: no later request refers to it."""
    body: dict[str, Any] = {
        "model": request.model,
        "input": compose(request),
        "store": False,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_output_tokens": request.max_completion_tokens,
    }
    if request.reasoning_effort is not None:
        body["reasoning"] = {"effort": request.reasoning_effort}
    schema = schema_sent(request)
    if schema is not None:
        held_to = {"type": "json_schema", "name": "answer", "strict": True, "schema": schema}
        body["text"] = {"format": held_to}
    elif request.json and request.json_mode != "prompt":
        body["text"] = {"format": {"type": "json_object"}}
    given = {name: value for name, value in body.items() if value is not None}
    return json_post(endpoint, "responses", given, timeout_s=request.timeout_s)


def parse_response(reply: HttpReply, request: LlmRequest, call: HttpCall) -> LlmAnswer | LlmFailure:
    """The text of all its messages; what the model thought is no part of it."""
    response = read_body(_decoder, reply, request, call, "response")
    if isinstance(response, LlmFailure):
        return response
    if response.error:
        return error_failure({"error": response.error}, 500, reply, request, call)
    if response.output is None:
        return unreadable(reply, request, call, "a response without output")
    parts = [part for item in response.output if item.type == "message" for part in item.content or []]
    texts = [part.text for part in parts if part.type == "output_text"]
    text = "".join(part for part in texts if isinstance(part, str))
    trouble = _trouble(response, request)
    if trouble is None and not text and any(part.type == "refusal" for part in parts):
        trouble = (FailureKind.CONTENT_FILTERED, "the model refused to answer")
    return settled(text, responses_usage(response.usage, response.service_tier), trouble, reply, call)


def _trouble(response: _Response, request: LlmRequest) -> Trouble | None:
    if response.status in (None, "completed"):
        return None
    details = response.incomplete_details
    reason = details.get("reason") if isinstance(details, dict) else None
    if reason == "max_output_tokens":
        return FailureKind.TRUNCATED, cut_off(request)
    if reason == "content_filter":
        return FailureKind.CONTENT_FILTERED, f"{request.provider} filtered the answer"
    return FailureKind.SERVER, f"{request.provider} did not complete the answer"
