"""Anthropic's Messages: each setting in its own form, each answer and each no as it is recorded."""

from typing import Any

import pytest

from shared.failures import FailureKind
from tests.fpf.exchange import CANARY, KEYS, Exchange, exchange

FINE: dict[str, Any] = {
    "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Fine."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 812, "output_tokens": 41, "service_tier": "standard"},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
        "notes": {"type": "array", "items": {"type": "string", "maxLength": 9}, "minItems": 2, "maxItems": 2},
    },
    "required": ["score"],
}


async def asked(reply: Any = FINE, **changes: Any) -> Exchange:
    return await exchange(reply, **({"provider": "anthropic", "model": "claude-sonnet-4-5"} | changes))


def error(kind: str, message: str = "no", **more: Any) -> dict[str, Any]:
    return {
        "type": "error",
        "error": {"type": kind, "message": message, **more},
        "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
    }


async def test_a_whole_exchange() -> None:
    done = await asked()
    assert done.request.url == "https://api.anthropic.com/v1/messages"
    assert done.request.headers["x-api-key"] == CANARY
    assert done.request.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in done.request.headers
    assert done.body == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 16_384,
        "messages": [{"role": "user", "content": "Summarise it.\n\nRivers carry water."}],
    }
    assert (done.answer.text, done.answer.input_tokens, done.answer.output_tokens) == ("Fine.", 812, 41)


@pytest.mark.parametrize(
    ("model", "settings", "sent"),
    [
        ("claude-sonnet-4-5", {"temperature": 0.2}, {"temperature": 0.2}),
        ("claude-sonnet-4-5", {"top_p": 0.9}, {"top_p": 0.9}),
        ("claude-sonnet-4-5", {"max_completion_tokens": 50}, {"max_tokens": 50}),
        ("claude-sonnet-4-5", {"stop": ["END", "###"]}, {"stop_sequences": ["END", "###"]}),
        ("claude-sonnet-4-5", {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ("claude-opus-4-5", {"reasoning_effort": "low"}, {"output_config": {"effort": "low"}}),
        (
            "claude-opus-5",
            {"reasoning_effort": "xhigh"},
            {"output_config": {"effort": "xhigh"}, "thinking": {"type": "adaptive"}},
        ),
        ("claude-3-haiku-20240307", {}, {"max_tokens": 4096}),
    ],
)
async def test_each_setting_is_seen_in_the_request(model: str, settings: dict[str, Any], sent: dict[str, Any]) -> None:
    body = (await asked(model=model, **settings)).body
    plain = {"model", "messages"} | ({"max_tokens"} - sent.keys())
    assert {name: value for name, value in body.items() if name not in plain} == sent


@pytest.mark.parametrize(
    ("model", "settings", "field"),
    [
        ("claude-sonnet-4-5", {"seed": 7}, "seed"),
        ("claude-sonnet-4-5", {"temperature": 1.5}, "temperature"),
        ("claude-sonnet-4-5", {"temperature": 0.5, "top_p": 0.5}, "top_p"),
        ("claude-sonnet-4-5", {"stop": ["\n"]}, "stop"),
        ("claude-sonnet-4-5", {"api": "chat"}, "api"),
        ("claude-sonnet-4-5", {"reasoning_effort": "low"}, "reasoning_effort"),
        ("claude-opus-5", {"temperature": 0.5}, "temperature"),
        ("claude-fable-5-1", {"reasoning_effort": "none"}, "reasoning_effort"),
        ("claude-sonnet-4-6", {"reasoning_effort": "low", "temperature": 0.5}, "temperature"),
        ("claude-sonnet-4-5", {"json": True, "json_mode": "object"}, "json_mode"),
    ],
)
async def test_what_it_cannot_honour_is_never_sent(model: str, settings: dict[str, Any], field: str) -> None:
    done = await asked(model=model, **settings)
    assert done.sent == []
    assert (done.kind, done.failure.sent) == (FailureKind.BAD_REQUEST, "no")
    assert done.failure.message.startswith(f"{field}: ")


async def test_a_schema_goes_along_closed_and_without_bounds() -> None:
    text = {**FINE, "content": [{"type": "text", "text": '{"score": 4}'}]}
    done = await asked(text, json=True, json_schema=SCHEMA)
    assert done.body["output_config"] == {
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {
                    "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
                    "notes": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                },
                "required": ["score"],
                "additionalProperties": False,
            },
        }
    }
    assert done.answer.text == '{"score": 4}'


async def test_a_model_from_before_schemas_must_call_a_tool_with_one() -> None:
    block = {"type": "tool_use", "id": "toolu_01", "name": "answer", "input": {"score": 4}}
    reply = {**FINE, "content": [{"type": "text", "text": "Here:"}, block], "stop_reason": "tool_use"}
    done = await asked(reply, model="claude-3-7-sonnet-20250219", json=True, json_schema=SCHEMA)
    assert done.body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert done.body["tools"][0]["input_schema"] == SCHEMA
    assert "output_config" not in done.body
    assert done.answer.text == '{"score":4}'


async def test_json_without_a_schema_is_asked_for_in_words() -> None:
    text = {**FINE, "content": [{"type": "text", "text": "{}"}]}
    done = await asked(text, json=True, document="All about JSON.")
    assert done.body["messages"][0]["content"].endswith("Answer with one JSON object and nothing else.")
    assert "output_config" not in done.body


async def test_thoughts_are_no_part_of_the_answer_and_all_that_is_billed_is_counted() -> None:
    content = [{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "Fine."}]
    usage = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 200,
        "cache_read_input_tokens": 3000,
        "output_tokens": 90,
    }
    done = await asked({**FINE, "content": content, "usage": usage})
    assert done.answer.cached_tokens == 3000
    assert (done.answer.text, done.answer.input_tokens, done.answer.output_tokens) == ("Fine.", 3210, 90)


@pytest.mark.parametrize(
    ("stop_reason", "kind", "words"),
    [
        ("max_tokens", FailureKind.TRUNCATED, "16384 tokens"),
        ("model_context_window_exceeded", FailureKind.TRUNCATED, "context"),
        ("refusal", FailureKind.CONTENT_FILTERED, "refused"),
        ("pause_turn", FailureKind.SERVER, "paused"),
    ],
)
async def test_an_answer_that_is_not_whole_is_none_and_is_paid(stop_reason: str, kind: FailureKind, words: str) -> None:
    failure = (await asked({**FINE, "stop_reason": stop_reason})).failure
    assert (failure.kind, failure.output_tokens, failure.text, failure.sent) == (kind, 41, "Fine.", "yes")
    assert words in failure.message


@pytest.mark.parametrize(
    ("status", "reply", "kind"),
    [
        (400, error("invalid_request_error", "max_tokens: too many"), FailureKind.BAD_REQUEST),
        (400, error("invalid_request_error", "Your credit balance is too low to access the API"), FailureKind.QUOTA),
        (400, error("invalid_request_error", "You have reached your specified API usage limits."), FailureKind.QUOTA),
        (401, error("authentication_error", "invalid x-api-key"), FailureKind.AUTH),
        (402, error("billing_error"), FailureKind.QUOTA),
        (403, error("permission_error"), FailureKind.AUTH),
        (404, error("not_found_error", "model: claude-none"), FailureKind.BAD_REQUEST),
        (413, error("request_too_large"), FailureKind.BAD_REQUEST),
        (429, error("rate_limit_error"), FailureKind.RATE_LIMITED),
        (429, error("rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}), FailureKind.QUOTA),
        (500, error("api_error"), FailureKind.SERVER),
        (504, error("timeout_error"), FailureKind.TIMEOUT),
        (529, error("overloaded_error", "Overloaded"), FailureKind.SERVER),
    ],
)
async def test_each_no_has_its_kind(status: int, reply: Any, kind: FailureKind) -> None:
    done = await asked(reply, status=status)
    assert (done.kind, done.failure.status) == (kind, status)


async def test_a_limit_says_how_long_to_wait() -> None:
    done = await asked(error("rate_limit_error"), status=429, headers={"retry-after": "12"})
    assert done.failure.retry_after_s == 12.0


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"content": 5}', b'{"content": null}'])
async def test_a_body_that_is_no_message_is_the_servers_fault(body: bytes) -> None:
    assert (await asked(body)).kind is FailureKind.SERVER


async def test_a_gateway_may_be_given_with_and_without_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    for base in ("http://127.0.0.1:7/anthropic", "http://127.0.0.1:7/anthropic/v1/"):
        monkeypatch.setitem(KEYS, "ANTHROPIC_BASE_URL", base)
        assert (await asked()).request.url == "http://127.0.0.1:7/anthropic/v1/messages"
