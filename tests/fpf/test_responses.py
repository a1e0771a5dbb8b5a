"""OpenAI's Responses interface: each setting in its own form, each answer and each no as it is recorded."""

from typing import Any

import pytest

from shared.failures import FailureKind
from tests.fpf.exchange import CANARY, Exchange, exchange

TEXT = {"type": "output_text", "text": "Fine.", "annotations": []}
MESSAGE = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [TEXT]}
FINE: dict[str, Any] = {
    "id": "resp_67ccd2bed1ec8190",
    "object": "response",
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "model": "gpt-4.1-2025-04-14",
    "output": [MESSAGE],
    "usage": {
        "input_tokens": 812,
        "input_tokens_details": {"cached_tokens": 700},
        "output_tokens": 341,
        "output_tokens_details": {"reasoning_tokens": 300},
        "total_tokens": 1153,
    },
}


async def asked(reply: Any = FINE, **changes: Any) -> Exchange:
    return await exchange(reply, **({"provider": "openai", "model": "gpt-4.1", "api": "responses"} | changes))


async def test_a_whole_exchange() -> None:
    done = await asked()
    assert done.request.url == "https://api.openai.com/v1/responses"
    assert done.request.headers["authorization"] == f"Bearer {CANARY}"
    assert done.body == {"model": "gpt-4.1", "input": "Summarise it.\n\nRivers carry water.", "store": False}
    assert (done.answer.text, done.answer.input_tokens, done.answer.output_tokens) == ("Fine.", 812, 341)
    assert done.answer.cached_tokens == 700


@pytest.mark.parametrize(
    ("model", "settings", "sent"),
    [
        ("gpt-4.1", {"temperature": 0.2}, {"temperature": 0.2}),
        ("gpt-4.1", {"top_p": 0.9}, {"top_p": 0.9}),
        ("gpt-4.1", {"max_completion_tokens": 50}, {"max_output_tokens": 50}),
        ("gpt-5-mini", {"reasoning_effort": "minimal"}, {"reasoning": {"effort": "minimal"}}),
        (
            "gpt-5.2",
            {"reasoning_effort": "none", "temperature": 0.5},
            {"reasoning": {"effort": "none"}, "temperature": 0.5},
        ),
    ],
)
async def test_each_setting_is_seen_in_the_request(model: str, settings: dict[str, Any], sent: dict[str, Any]) -> None:
    body = (await asked(model=model, **settings)).body
    assert {name: value for name, value in body.items() if name not in ("model", "input", "store")} == sent


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"seed": 7}, "seed"), ({"stop": ["END"]}, "stop"), ({"max_completion_tokens": 15}, "max_completion_tokens")],
)
async def test_what_it_cannot_honour_is_never_sent(settings: dict[str, Any], field: str) -> None:
    done = await asked(**settings)
    assert done.sent == []
    assert done.kind is FailureKind.BAD_REQUEST
    assert done.failure.message.startswith(f"{field}: ")


async def test_a_schema_is_strict_and_any_object_a_mode() -> None:
    reply = {**FINE, "output": [{**MESSAGE, "content": [{**TEXT, "text": "{}"}]}]}
    schema = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}}
    held = (await asked(reply, json=True, json_schema=schema)).body["text"]["format"]
    assert (held["type"], held["name"], held["strict"]) == ("json_schema", "answer", True)
    assert held["schema"] == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert (await asked(reply, json=True)).body["text"] == {"format": {"type": "json_object"}}


async def test_what_the_model_thought_is_no_part_of_its_answer() -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    assert (await asked({**FINE, "output": [thought, MESSAGE]})).answer.text == "Fine."


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            FailureKind.TRUNCATED,
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            FailureKind.CONTENT_FILTERED,
        ),
        ({"status": "failed"}, FailureKind.SERVER),
        ({"status": "failed", "error": {"code": "server_error", "message": "x"}}, FailureKind.SERVER),
        ({"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "x"}}, FailureKind.RATE_LIMITED),
        (
            {"output": [{**MESSAGE, "content": [{"type": "refusal", "refusal": "I will not."}]}]},
            FailureKind.CONTENT_FILTERED,
        ),
    ],
)
async def test_an_answer_that_is_not_whole_is_none(changes: dict[str, Any], kind: FailureKind) -> None:
    failure = (await asked({**FINE, **changes})).failure
    assert (failure.kind, failure.sent, failure.status) == (kind, "yes", 200)


async def test_what_a_broken_off_answer_cost_is_known() -> None:
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    failure = (await asked({**FINE, **cut}, max_completion_tokens=341)).failure
    assert (failure.input_tokens, failure.output_tokens, failure.text) == (812, 341, "Fine.")
    assert "341 tokens" in failure.message


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output": 5}'])
async def test_a_body_that_is_no_response_is_the_servers_fault(body: bytes) -> None:
    assert (await asked(body)).kind is FailureKind.SERVER


async def test_an_openai_compatible_endpoint_may_have_it_too() -> None:
    done = await asked(provider="mylab", model="m")
    assert done.request.url == "https://mylab.example/v1/responses"
    assert done.answer.text == "Fine."
