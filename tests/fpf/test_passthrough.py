"""A request in the provider's own words: what is changed in it, what comes back, what is refused."""

import json
from typing import Any

import pytest

from fpf.acceptance import accept
from fpf.providers import compatible, local, openai, openrouter
from fpf.providers.raw_reply import parse_raw
from fpf.providers.registry import find_provider
from fpf.wire import HttpCall
from shared.failures import FailureKind
from shared.llm_call import Call, LlmAnswer, LlmFailure, LlmRequest, Passthrough, decode_to_worker, encode_line
from tests.fpf.builders import a_call, a_completion, a_reply, a_request, the_body

KEYS = {"OPENAI_API_KEY": "k-open", "OPENROUTER_API_KEY": "k-or", "MYLAB_BASE_URL": "http://127.0.0.1:8000/v1"}
CHAT: dict[str, Any] = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]}


def raw(body: dict[str, Any], endpoint: Any = "chat/completions", **changes: Any) -> LlmRequest:
    plain = {"provider": "openai", "instructions": "", "document": ""}
    return a_request(**(plain | changes), passthrough=Passthrough(endpoint=endpoint, body=body))


def sent(body: dict[str, Any], endpoint: Any = "chat/completions", **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = the_body(openai.build(raw(body, endpoint, **changes), KEYS))
    return found


def test_the_bodys_own_fields_reach_the_provider() -> None:
    own = {**CHAT, "model": "m-1", "temperature": 0.4, "tools": [{"type": "function"}], "metadata": {"a": 1}}
    assert sent(own) == {**own, "stream": False}


def test_streaming_is_never_asked_for() -> None:
    body = sent({**CHAT, "stream": True, "stream_options": {"include_usage": True}})
    assert body["stream"] is False
    assert "stream_options" not in body


def test_a_body_without_a_model_gets_the_requests() -> None:
    assert sent(CHAT)["model"] == "m-1"
    assert sent({"input": ["a"]}, "embeddings") == {"input": ["a"], "model": "m-1"}


@pytest.mark.parametrize(
    ("body", "endpoint"),
    [
        ({**CHAT, "model": "dearer"}, "chat/completions"),
        ({**CHAT, "n": 3}, "chat/completions"),
        ({**CHAT, "models": ["m-1", "dearer"]}, "chat/completions"),
        ({**CHAT, "web_search_options": {}}, "chat/completions"),
        ({"input": "a", "model": "dearer"}, "embeddings"),
    ],
)
def test_more_than_is_accounted_is_refused_before_it_is_sent(body: dict[str, Any], endpoint: str) -> None:
    failure = openai.build(raw(body, endpoint), KEYS)
    assert isinstance(failure, LlmFailure)
    assert (failure.kind, failure.sent) == (FailureKind.BAD_REQUEST, "no")
    assert failure.message.startswith("passthrough: ")


@pytest.mark.parametrize(
    ("own", "limit", "found"),
    [
        ({}, 50, {"max_completion_tokens": 50}),
        ({"max_tokens": 900}, 50, {"max_tokens": 50}),
        ({"max_tokens": 20}, 50, {"max_tokens": 20}),
        ({"max_completion_tokens": "many"}, 50, {"max_completion_tokens": 50}),
        ({"max_tokens": 900}, None, {"max_tokens": 900}),
        ({}, None, {}),
    ],
)
def test_no_answer_may_have_more_tokens_than_the_request_allows(
    own: dict[str, Any], limit: int | None, found: dict[str, Any]
) -> None:
    body = sent({**CHAT, **own}, max_completion_tokens=limit)
    assert {name: value for name, value in body.items() if name.startswith("max_")} == found


def test_the_requests_settings_win_over_the_bodys() -> None:
    settings = {"temperature": 0.1, "top_p": 0.5, "seed": 7, "stop": ["END"], "reasoning_effort": "low"}
    body = sent({**CHAT, "temperature": 1.0, "seed": 1}, **settings)
    assert {name: body[name] for name in settings} == settings


@pytest.mark.parametrize(
    ("provider", "build", "url"),
    [
        ("openai", openai.build, "https://api.openai.com/v1/embeddings"),
        ("openrouter", openrouter.build, "https://openrouter.ai/api/v1/embeddings"),
        ("mylab", compatible.build, "http://127.0.0.1:8000/v1/embeddings"),
    ],
)
def test_embeddings_go_to_their_own_address(provider: str, build: Any, url: str) -> None:
    call = build(raw({"input": "a", "model": "embedder"}, "embeddings", provider=provider, model="embedder"), KEYS)
    assert isinstance(call, HttpCall)
    assert call.url == url
    assert the_body(call)["model"] == "embedder"


def test_the_embedded_model_takes_a_chat_and_has_no_embeddings() -> None:
    here = {"provider": "local", "model": local.MODEL, "base_url": "http://127.0.0.1:9/v1"}
    call = local.build(raw(CHAT, **here), {})
    assert isinstance(call, HttpCall)
    assert call.url == "http://127.0.0.1:9/v1/chat/completions"
    assert the_body(call)["max_tokens"] == local.DEFAULT_MAX_TOKENS
    refused = local.build(raw({"input": "a"}, "embeddings", **here), {})
    assert isinstance(refused, LlmFailure)
    assert refused.kind is FailureKind.BAD_REQUEST


def test_the_answer_is_the_providers_whole_reply_with_its_tokens() -> None:
    reply = a_completion("Because.", usage={"prompt_tokens": 9, "completion_tokens": 2})
    request = raw(CHAT, json=True, min_bytes=3072)
    provider = find_provider(request)
    assert not isinstance(provider, LlmFailure)
    answer = provider.parse(a_reply(reply), request, a_call())
    assert isinstance(answer, LlmAnswer)
    assert json.loads(answer.text) == reply
    assert (answer.input_tokens, answer.output_tokens) == (9, 2)
    assert accept(answer, request) is answer


def test_an_embedding_has_no_output_to_be_billed() -> None:
    reply = {"data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}
    answer = parse_raw(a_reply(reply), raw({"input": "a"}, "embeddings"), a_call())
    assert isinstance(answer, LlmAnswer)
    assert (answer.input_tokens, answer.output_tokens) == (8, 0)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"<html>", 200, FailureKind.SERVER),
        (b"[]", 200, FailureKind.SERVER),
        ({"error": {"code": 429, "message": "slow"}}, 200, FailureKind.RATE_LIMITED),
        ({"error": {"code": "insufficient_quota"}}, 429, FailureKind.QUOTA),
        (b"", 302, FailureKind.BAD_REQUEST),
    ],
)
def test_a_no_is_the_same_failure_as_ever(body: Any, status: int, kind: FailureKind) -> None:
    outcome = parse_raw(a_reply(body, status), raw(CHAT), a_call())
    assert isinstance(outcome, LlmFailure)
    assert (outcome.kind, outcome.sent) == (kind, "yes")


def test_an_error_that_repeats_a_message_of_the_body_is_not_quoted() -> None:
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "The secret plan of the valley"}]}]}
    error = {"error": {"message": "Cannot take: The secret plan of the valley"}}
    outcome = parse_raw(a_reply(error, 400), raw(body), a_call())
    assert isinstance(outcome, LlmFailure)
    assert outcome.message == "openai answered 400"


def test_a_key_in_a_reply_does_not_go_on() -> None:
    outcome = parse_raw(a_reply(a_completion("sk-0123456789abcdef")), raw(CHAT), a_call(secret="sk-0123456789abcdef"))
    assert isinstance(outcome, LlmAnswer)
    assert "sk-0123456789abcdef" not in outcome.text


def test_it_travels_over_a_line() -> None:
    call = Call(id="c1", request=raw({**CHAT, "deep": {"x": [1, 2.5, None, "ä"]}}))
    assert decode_to_worker(encode_line(call)) == call
