"""What a usage says that is easily read too low: thoughts in the total alone, bills apart from tokens, errors with a bill."""

import json
from typing import Any

import pytest

from fpf.providers.completion_reply import parse_completion
from fpf.providers.usage import (
    Usage,
    anthropic_usage,
    chat_usage,
    google_usage,
    responses_usage,
    stated_usage,
)
from shared.llm_call import LlmFailure
from tests.fpf.builders import a_call, a_completion, a_reply, a_request

CHAT = {"prompt_tokens": 10, "completion_tokens": 5}


def test_what_was_thought_and_is_in_the_total_alone_is_output() -> None:
    assert chat_usage({**CHAT, "total_tokens": 40}).output_tokens == 30
    assert chat_usage({**CHAT, "total_tokens": 15}).output_tokens == chat_usage(CHAT).output_tokens == 5
    assert chat_usage({**CHAT, "total_tokens": 3}).output_tokens == 5
    assert google_usage({"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 40}).output_tokens == 30


def test_what_was_written_to_a_cache_is_counted() -> None:
    assert chat_usage({**CHAT, "prompt_tokens_details": {"cache_write_tokens": 7}}).written_tokens == 7
    written = anthropic_usage({"input_tokens": 1, "cache_creation_input_tokens": 7, "output_tokens": 2})
    assert (written.input_tokens, written.written_tokens) == (8, 7)


@pytest.mark.parametrize(
    ("usage", "apart"),
    [
        (
            chat_usage({**CHAT, "citation_tokens": 9, "num_search_queries": 3}),
            ("citation_tokens", "num_search_queries"),
        ),
        (chat_usage({**CHAT, "completion_tokens_details": {"audio_tokens": 4, "image_tokens": 0}}), ("audio_tokens",)),
        (chat_usage(CHAT, "priority"), ("service_tier priority",)),
        (chat_usage(CHAT, "default"), ()),
        (responses_usage({"input_tokens": 1, "output_tokens": 1}, "priority"), ("service_tier priority",)),
        (
            anthropic_usage({"input_tokens": 1, "service_tier": "standard", "inference_geo": "us"}),
            ("inference_geo us",),
        ),
        (anthropic_usage({"server_tool_use": {"web_search_requests": 2}}), ("web_search_requests",)),
        (anthropic_usage({"cache_creation": {"ephemeral_1h_input_tokens": 2}}), ("ephemeral_1h_input_tokens",)),
        (
            google_usage({"promptTokenCount": 1, "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 9}]}),
            ("image",),
        ),
    ],
)
def test_what_no_count_of_tokens_covers_is_named(usage: Usage, apart: tuple[str, ...]) -> None:
    assert usage.billed_apart == apart


def test_a_sum_of_everything_charged_is_the_cost() -> None:
    assert chat_usage({**CHAT, "cost": {"input_tokens_cost": 0.1, "total_cost": 0.25}}).cost_usd == 0.25
    assert chat_usage({**CHAT, "cost": {"input_tokens_cost": 0.1}}).cost_usd is None


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        ({"usage": {**CHAT, "cost": 0.5}}, (10, 5, 0.5)),
        ({"usage": {"input_tokens": 3, "output_tokens": 2}}, (3, 2, None)),
        ({"usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 2}}, (7, 2, None)),
        ({"usageMetadata": {"promptTokenCount": 3}}, (3, 0, None)),
        ({"usage": None}, (None, None, None)),
        ([], (None, None, None)),
    ],
)
def test_an_errors_usage_is_read_in_each_providers_words(body: Any, counted: tuple[Any, ...]) -> None:
    usage = stated_usage(json.dumps(body).encode())
    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == counted
    assert usage.billed_apart == ()


@pytest.mark.parametrize(
    "body", [b'{"usage": {"prompt_tokens": 1e3, "completion_tokens": "5"}}', b'{"usageMetadata": {"x": 1}}']
)
def test_a_usage_nobody_can_count_is_not_taken_for_none(body: bytes) -> None:
    assert stated_usage(body) == Usage(billed_apart=("numbers nobody can count",))
    assert stated_usage(b"<html>") == stated_usage(b'{"usage": {}}') == Usage()


@pytest.mark.parametrize("body", [{"choices": []}, {}, {"choices": {}}, {"error": {"code": 500}}])
def test_an_answer_without_a_message_has_the_cost_it_states(body: dict[str, Any]) -> None:
    failure = parse_completion(a_reply({**body, "usage": CHAT, "service_tier": "priority"}), a_request(), a_call())
    assert isinstance(failure, LlmFailure)
    assert (failure.input_tokens, failure.output_tokens) == (10, 5)
    assert failure.billed_apart == ("service_tier priority",)


def test_an_error_status_with_a_bill_is_a_failure_with_a_bill_and_a_tier_is_handed_on() -> None:
    failure = parse_completion(a_reply({"error": "overloaded", "usage": CHAT}, 500), a_request(), a_call())
    assert isinstance(failure, LlmFailure)
    assert (failure.status, failure.input_tokens, failure.output_tokens) == (500, 10, 5)
    served = parse_completion(a_reply({**a_completion("x"), "service_tier": "priority"}), a_request(), a_call())
    assert served.billed_apart == ("service_tier priority",)
