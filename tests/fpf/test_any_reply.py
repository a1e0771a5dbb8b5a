"""Whatever a provider sends, with whatever status: an answer or a failure, never an exception."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpf.providers.provider import Provider
from fpf.providers.registry import find_provider
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest, Passthrough
from tests.fpf.builders import a_call, a_reply, a_request

PASSED = Passthrough(endpoint="chat/completions", body={"messages": [{"content": "Why?"}]})
REQUESTS = {
    "chat": a_request(provider="openai"),
    "responses": a_request(provider="openai", api="responses"),
    "raw": a_request(provider="openai", passthrough=PASSED),
    "anthropic": a_request(provider="anthropic"),
    "google": a_request(provider="google"),
}
NAMES = st.sampled_from(
    [
        "choices",
        "message",
        "content",
        "text",
        "type",
        "output",
        "output_text",
        "tool_use",
        "name",
        "answer",
        "input",
        "candidates",
        "parts",
        "thought",
        "status",
        "finishReason",
        "finish_reason",
        "stop_reason",
        "usage",
        "usageMetadata",
        "promptTokenCount",
        "input_tokens",
        "prompt_tokens",
        "cost",
        "error",
        "code",
        "details",
        "metadata",
        "reasons",
        "flagged_input",
        "retryDelay",
        "violations",
        "quotaId",
        "promptFeedback",
        "blockReason",
        "incomplete_details",
        "prompt_tokens_details",
        "is_byok",
        "cost_details",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9) | NAMES
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=25
)


def known(name: str) -> tuple[LlmRequest, Provider]:
    provider = find_provider(REQUESTS[name])
    assert not isinstance(provider, LlmFailure)
    return REQUESTS[name], provider


@pytest.mark.parametrize("name", REQUESTS)
@given(value=VALUES, status=st.sampled_from([200, 400, 429, 500]))
def test_json_of_any_shape_is_an_answer_or_a_failure(name: str, value: Any, status: int) -> None:
    request, provider = known(name)
    outcome = provider.parse(a_reply(json.dumps(value).encode(), status), request, a_call())
    assert isinstance(outcome, LlmAnswer | LlmFailure)
    counted = [outcome.input_tokens, outcome.output_tokens, outcome.cached_tokens, outcome.written_tokens]
    assert all(number is None or number >= 0 for number in [*counted, outcome.cost_usd])


@pytest.mark.parametrize("name", REQUESTS)
@given(body=st.binary(max_size=200))
def test_bytes_of_any_kind_are_a_failure(name: str, body: bytes) -> None:
    request, provider = known(name)
    outcome = provider.parse(a_reply(body), request, a_call())
    assert isinstance(outcome, LlmFailure) or name == "raw"
