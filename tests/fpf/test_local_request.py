"""The embedded model's requests: always bounded, whatever was asked for."""

from fpf.providers import local
from fpf.wire import HttpCall
from shared.failures import FailureKind
from shared.llm_call import LlmFailure
from tests.fpf.builders import a_request, the_body

ADDRESS = "http://127.0.0.1:4000/v1"


def asked(**changes: object) -> HttpCall | LlmFailure:
    return local.build(a_request(provider="local", model="smollm2-135m", **changes), {"LOCAL_BASE_URL": ADDRESS})


def test_its_address_comes_with_the_request_or_from_the_environment() -> None:
    for call in (asked(), asked(base_url="http://127.0.0.1:5000/v1")):
        assert isinstance(call, HttpCall)
    assert asked(base_url="http://127.0.0.1:5000/v1") != asked()


def test_without_a_server_it_says_what_to_do() -> None:
    failure = local.build(a_request(provider="local", model="smollm2-135m"), {})
    assert isinstance(failure, LlmFailure)
    assert failure.kind is FailureKind.BAD_REQUEST
    assert "LOCAL_BASE_URL" in failure.message


def test_another_model_is_refused() -> None:
    failure = local.build(a_request(provider="local", model="gpt-9"), {"LOCAL_BASE_URL": ADDRESS})
    assert isinstance(failure, LlmFailure)
    assert "smollm2-135m" in failure.message


def test_there_is_always_a_token_limit() -> None:
    assert the_body(asked())["max_tokens"] == local.DEFAULT_MAX_TOKENS
    assert the_body(asked(max_completion_tokens=12))["max_tokens"] == 12


def test_a_schema_without_bounds_gets_some() -> None:
    schema = {"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]}
    held_to = the_body(asked(json=True, json_schema=schema))["response_format"]["json_schema"]["schema"]
    assert held_to["properties"]["reason"]["maxLength"] > 0
    assert held_to["additionalProperties"] is False


def test_any_object_is_held_by_a_grammar_with_bounds() -> None:
    body = the_body(asked(json=True))
    assert "response_format" not in body
    assert body["grammar"].strip().startswith("root ::=")


def test_no_idle_connection_keeps_a_thread_of_the_server() -> None:
    call = asked()
    assert isinstance(call, HttpCall)
    assert call.headers["Connection"] == "close"
