"""Requests, replies and calls with only what a test cares about."""

import dataclasses
import json
from typing import Any

import msgspec

from fpf.wire import HttpCall, HttpReply
from shared.llm_call import LlmRequest

NOW_S = 1_800_000_000.0


def a_request(**changes: Any) -> LlmRequest:
    plain = LlmRequest(
        provider="mylab", model="m-1", instructions="Summarise it.", document="Rivers carry water.", timeout_s=30.0
    )
    return msgspec.structs.replace(plain, **changes)


def a_call(**changes: Any) -> HttpCall:
    plain = HttpCall(url="http://127.0.0.1:1/v1/chat/completions", headers={}, body=b"{}", timeout_s=30.0)
    return dataclasses.replace(plain, **changes)


def a_reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpReply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status=status, headers=headers or {}, body=raw, received_at_s=NOW_S)


def a_completion(
    text: Any, finish_reason: str | None = "stop", usage: Any = None, message: dict[str, Any] | None = None
) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text} | (message or {}),
        "finish_reason": finish_reason,
    }
    return {"id": "c1", "object": "chat.completion", "choices": [choice]} | (
        {"usage": usage} if usage is not None else {}
    )


def the_body(call: object) -> Any:
    assert isinstance(call, HttpCall), call
    return json.loads(call.body)
