"""The request each provider gets, in full."""

from typing import Any

import pytest

from fpf.providers import compatible, openai, openrouter
from fpf.providers.registry import find_provider
from fpf.wire import HttpCall
from shared.failures import FailureKind
from shared.llm_call import LlmFailure, Passthrough
from tests.fpf.builders import a_request, the_body

LAB = {"MYLAB_BASE_URL": "http://127.0.0.1:8000/v1", "MYLAB_API_KEY": "k-lab"}
OPENAI = {"OPENAI_API_KEY": "k-open"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"winner": {"type": "string", "maxLength": 9}, "reason": {"type": "string"}},
    "required": ["winner"],
}


def test_openai_gets_the_whole_golden_request() -> None:
    request = a_request(
        provider="openai", temperature=0.2, max_completion_tokens=64, json=True, json_schema=SCHEMA, timeout_s=9.0
    )
    call = openai.build(request, OPENAI)
    assert isinstance(call, HttpCall)
    assert (call.url, call.timeout_s) == ("https://api.openai.com/v1/chat/completions", 9.0)
    assert call.headers == {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "acm2-fpf",
        "Authorization": "Bearer k-open",
    }
    assert the_body(call) == {
        "model": "m-1",
        "messages": [{"role": "user", "content": "Summarise it.\n\nRivers carry water."}],
        "temperature": 0.2,
        "max_completion_tokens": 64,
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "answer",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"winner": {"type": "string"}, "reason": {"type": "string"}},
                    "required": ["winner", "reason"],
                    "additionalProperties": False,
                },
            },
        },
    }


def test_a_compatible_endpoint_gets_the_schema_as_given_and_max_tokens() -> None:
    call = compatible.build(a_request(max_completion_tokens=64, json=True, json_schema=SCHEMA), LAB)
    body = the_body(call)
    assert body["max_tokens"] == 64
    assert "max_completion_tokens" not in body
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_what_is_not_set_is_not_sent() -> None:
    assert set(the_body(compatible.build(a_request(), LAB))) == {"model", "messages"}


def test_no_key_no_authorization() -> None:
    call = compatible.build(a_request(), {"MYLAB_BASE_URL": "http://h/v1"})
    assert isinstance(call, HttpCall)
    assert "Authorization" not in call.headers


@pytest.mark.parametrize(
    ("changes", "response_format"),
    [
        ({"json_mode": "schema"}, {"type": "json_object"}),
        ({"json_mode": "object", "json_schema": SCHEMA}, {"type": "json_object"}),
        ({"json_mode": "prompt", "json_schema": SCHEMA}, None),
    ],
)
def test_json_is_asked_for_in_the_way_the_model_can(changes: dict[str, Any], response_format: Any) -> None:
    assert the_body(compatible.build(a_request(json=True, **changes), LAB)).get("response_format") == response_format


def test_openrouter_is_at_its_known_address_with_its_own_key() -> None:
    call = openrouter.build(a_request(provider="openrouter"), {"OPENROUTER_API_KEY": "k-or"})
    assert isinstance(call, HttpCall)
    assert call.url == "https://openrouter.ai/api/v1/chat/completions"
    assert call.headers["Authorization"] == "Bearer k-or"


def test_openai_may_be_somewhere_else() -> None:
    call = openai.build(a_request(provider="openai"), OPENAI | {"OPENAI_BASE_URL": "http://127.0.0.1:7/v1"})
    assert isinstance(call, HttpCall)
    assert call.url == "http://127.0.0.1:7/v1/chat/completions"


@pytest.mark.parametrize(("provider", "environ"), [("openai", OPENAI), ("mylab", LAB)])
def test_no_address_of_a_preset_gets_a_key(provider: str, environ: dict[str, str]) -> None:
    known = find_provider(a_request(provider=provider))
    assert not isinstance(known, LlmFailure)
    failure = known.build(a_request(provider=provider, base_url="http://evil.example/v1"), environ)
    assert isinstance(failure, LlmFailure)
    assert failure.kind is FailureKind.BAD_REQUEST
    assert failure.message.startswith("base_url: ")


@pytest.mark.parametrize("name", ["anthropic", "google"])
def test_a_provider_with_a_wire_format_of_its_own_is_not_taken_for_a_compatible_one(name: str) -> None:
    plain, own = find_provider(a_request(provider=name)), find_provider(a_request())
    assert plain != own
    passthrough = Passthrough(endpoint="chat/completions", body={})
    failure = find_provider(a_request(provider=name, passthrough=passthrough))
    assert isinstance(failure, LlmFailure)
    assert failure.kind is FailureKind.BAD_REQUEST
    assert name in failure.message


def test_a_call_shows_neither_key_nor_prompt_in_its_repr() -> None:
    call = compatible.build(a_request(), LAB)
    assert "k-lab" not in repr(call)
    assert "Rivers" not in repr(call)
