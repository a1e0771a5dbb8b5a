"""Google's Gemini: each setting in its own form, each answer and each no as it is recorded."""

from typing import Any

import pytest

from shared.failures import FailureKind
from tests.fpf.exchange import CANARY, Exchange, exchange

FINE: dict[str, Any] = {
    "candidates": [{"content": {"parts": [{"text": "Fine."}], "role": "model"}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 812, "candidatesTokenCount": 41, "totalTokenCount": 853},
    "modelVersion": "gemini-2.5-flash",
    "responseId": "x",
}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "33.5s"}


async def asked(reply: Any = FINE, **changes: Any) -> Exchange:
    return await exchange(reply, **({"provider": "google", "model": "gemini-2.5-flash"} | changes))


def ended(reason: str, parts: Any = ({"text": "Half"},)) -> dict[str, Any]:
    return {**FINE, "candidates": [{"content": {"parts": list(parts)}, "finishReason": reason}]}


def error(status: int, name: str, message: str = "no", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "status": name, "details": list(details)}}


def quota(quota_id: str, value: str = "20") -> dict[str, Any]:
    violation = {"quotaMetric": "generativelanguage.googleapis.com/requests", "quotaId": quota_id, "quotaValue": value}
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


async def test_a_whole_exchange() -> None:
    done = await asked()
    assert (
        done.request.url == "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
    )
    assert done.request.headers["x-goog-api-key"] == CANARY
    assert CANARY not in str(done.request.url)
    assert "authorization" not in done.request.headers
    assert done.body == {"contents": [{"role": "user", "parts": [{"text": "Summarise it.\n\nRivers carry water."}]}]}
    assert (done.answer.text, done.answer.input_tokens, done.answer.output_tokens) == ("Fine.", 812, 41)


@pytest.mark.parametrize(
    ("model", "settings", "sent"),
    [
        ("gemini-2.5-flash", {"temperature": 1.5}, {"temperature": 1.5}),
        ("gemini-2.5-flash", {"top_p": 0.9}, {"topP": 0.9}),
        ("gemini-2.5-flash", {"max_completion_tokens": 50}, {"maxOutputTokens": 50}),
        ("gemini-2.5-flash", {"seed": 7}, {"seed": 7}),
        ("gemini-2.5-flash", {"stop": ["END"]}, {"stopSequences": ["END"]}),
        ("gemini-2.5-flash", {"reasoning_effort": "none"}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ("gemini-2.5-pro", {"reasoning_effort": "medium"}, {"thinkingConfig": {"thinkingBudget": 8192}}),
        ("gemini-3-flash-preview", {"reasoning_effort": "minimal"}, {"thinkingConfig": {"thinkingLevel": "minimal"}}),
        ("models/gemini-3.1-pro-preview", {"reasoning_effort": "high"}, {"thinkingConfig": {"thinkingLevel": "high"}}),
    ],
)
async def test_each_setting_is_seen_in_the_request(model: str, settings: dict[str, Any], sent: dict[str, Any]) -> None:
    assert (await asked(model=model, **settings)).body["generationConfig"] == sent


@pytest.mark.parametrize(
    ("model", "settings", "field"),
    [
        ("gemini-2.5-flash", {"api": "responses"}, "api"),
        ("gemini-2.5-flash", {"stop": list("abcdef")}, "stop"),
        ("gemini-2.5-flash", {"reasoning_effort": "xhigh"}, "reasoning_effort"),
        ("gemini-2.5-pro", {"reasoning_effort": "none"}, "reasoning_effort"),
        ("gemini-3-flash-preview", {"reasoning_effort": "none"}, "reasoning_effort"),
        ("gemini-3.1-pro-preview", {"reasoning_effort": "minimal"}, "reasoning_effort"),
        ("gemini-2.0-flash", {"reasoning_effort": "low"}, "reasoning_effort"),
        ("gemini?key=1", {}, "model"),
        ("../../v1/other", {}, "model"),
    ],
)
async def test_what_it_cannot_honour_is_never_sent(model: str, settings: dict[str, Any], field: str) -> None:
    done = await asked(model=model, **settings)
    assert done.sent == []
    assert (done.kind, done.failure.sent) == (FailureKind.BAD_REQUEST, "no")
    assert done.failure.message.startswith(f"{field}: ")


async def test_a_schema_keeps_what_google_knows_of_it() -> None:
    schema = {
        "type": "object",
        "properties": {
            "winner": {"const": "A"},
            "score": {"type": "integer", "minimum": 1, "maximum": 5},
            "pattern": {"type": "string", "maxLength": 9, "pattern": "^a"},
        },
        "required": ["winner"],
        "additionalProperties": False,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    }
    reply = ended("STOP", [{"text": '{"winner":"A"}'}])
    done = await asked(reply, json=True, json_schema=schema)
    assert done.body["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {
            "type": "object",
            "properties": {
                "winner": {"enum": ["A"]},
                "score": {"type": "integer", "minimum": 1, "maximum": 5},
                "pattern": {"type": "string"},
            },
            "required": ["winner"],
            "additionalProperties": False,
        },
    }
    assert done.answer.text == '{"winner":"A"}'


async def test_any_json_object_is_a_mode_of_its_own_and_prompt_is_none() -> None:
    reply = ended("STOP", [{"text": "{}"}])
    assert (await asked(reply, json=True)).body["generationConfig"] == {"responseMimeType": "application/json"}
    assert "generationConfig" not in (await asked(reply, json=True, json_mode="prompt")).body


async def test_thoughts_are_no_part_of_the_answer_and_are_billed_with_it() -> None:
    usage = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 80,
        "candidatesTokenCount": 40,
        "thoughtsTokenCount": 700,
        "toolUsePromptTokenCount": 5,
        "totalTokenCount": 845,
    }
    parts = [{"text": "Let me think.", "thought": True}, {"text": "Fi"}, {"text": "ne.", "thoughtSignature": "x"}]
    answer = (await asked(ended("STOP", parts) | {"usageMetadata": usage})).answer
    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("Fine.", 105, 740)
    assert answer.cached_tokens == 80


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (ended("MAX_TOKENS"), FailureKind.TRUNCATED),
        ({**FINE, "candidates": [{"finishReason": "MAX_TOKENS"}]}, FailureKind.TRUNCATED),
        (ended("SAFETY"), FailureKind.CONTENT_FILTERED),
        (ended("RECITATION"), FailureKind.CONTENT_FILTERED),
        (ended("PROHIBITED_CONTENT"), FailureKind.CONTENT_FILTERED),
        (ended("BLOCKLIST"), FailureKind.CONTENT_FILTERED),
        (ended("SPII"), FailureKind.CONTENT_FILTERED),
        (ended("OTHER"), FailureKind.SERVER),
        (ended("MALFORMED_RESPONSE"), FailureKind.SERVER),
        (
            {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}},
            FailureKind.CONTENT_FILTERED,
        ),
    ],
)
async def test_an_answer_that_is_not_whole_is_none(reply: dict[str, Any], kind: FailureKind) -> None:
    failure = (await asked(reply)).failure
    assert (failure.kind, failure.status, failure.sent) == (kind, 200, "yes")
    assert failure.input_tokens is not None


@pytest.mark.parametrize(
    ("status", "reply", "kind"),
    [
        (400, error(400, "INVALID_ARGUMENT", "bad field"), FailureKind.BAD_REQUEST),
        (400, error(400, "FAILED_PRECONDITION", "User location is not supported"), FailureKind.BAD_REQUEST),
        (
            400,
            error(400, "INVALID_ARGUMENT", "API key not valid.", {"reason": "API_KEY_INVALID"}),
            FailureKind.AUTH,
        ),
        (403, error(403, "PERMISSION_DENIED"), FailureKind.AUTH),
        (404, error(404, "NOT_FOUND"), FailureKind.BAD_REQUEST),
        (429, error(429, "RESOURCE_EXHAUSTED"), FailureKind.RATE_LIMITED),
        (429, error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), FailureKind.QUOTA),
        (
            429,
            error(429, "RESOURCE_EXHAUSTED", "", quota("GenerateRequestsPerMinutePerProject"), RETRY),
            FailureKind.RATE_LIMITED,
        ),
        (
            429,
            error(429, "RESOURCE_EXHAUSTED", "", quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), RETRY),
            FailureKind.QUOTA,
        ),
        (429, error(429, "RESOURCE_EXHAUSTED", "", quota("RequestsPerMinute", "0")), FailureKind.QUOTA),
        (500, error(500, "INTERNAL"), FailureKind.SERVER),
        (503, error(503, "UNAVAILABLE", "The model is overloaded."), FailureKind.SERVER),
        (504, error(504, "DEADLINE_EXCEEDED"), FailureKind.TIMEOUT),
    ],
)
async def test_each_no_has_its_kind(status: int, reply: Any, kind: FailureKind) -> None:
    done = await asked(reply, status=status)
    assert (done.kind, done.failure.status) == (kind, status)


async def test_how_long_to_wait_stands_in_the_body() -> None:
    reply = error(429, "RESOURCE_EXHAUSTED", "", quota("RequestsPerMinute"), RETRY)
    assert (await asked(reply, status=429)).failure.retry_after_s == 33.5
    assert (await asked(reply, status=429, headers={"retry-after": "7"})).failure.retry_after_s == 7.0
    odd = error(429, "RESOURCE_EXHAUSTED", "", {"retryDelay": "-1s"}, {"retryDelay": 5}, {"violations": [3]})
    assert (await asked(odd, status=429)).failure.retry_after_s is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"candidates": 5}', b'{"promptFeedback": {}}'])
async def test_a_body_that_is_no_content_is_the_servers_fault(body: bytes) -> None:
    assert (await asked(body)).kind is FailureKind.SERVER
