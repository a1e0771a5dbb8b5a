"""Reading an answer: text, usage, and everything a 200 can hide."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpf.providers.completion_reply import parse_completion
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from tests.fpf.builders import a_call, a_completion, a_reply, a_request

USAGE = {"prompt_tokens": 812, "completion_tokens": 41, "total_tokens": 853}


def parsed(body: Any, status: int = 200, **request: Any) -> LlmAnswer | LlmFailure:
    return parse_completion(a_reply(body, status), a_request(**request), a_call())


def failure(body: Any, status: int = 200, **request: Any) -> LlmFailure:
    outcome = parsed(body, status, **request)
    assert isinstance(outcome, LlmFailure)
    assert outcome.sent == "yes"
    assert len(outcome.message) < 400
    return outcome


def test_text_and_usage_are_read() -> None:
    assert parsed(a_completion("Fine.", usage=USAGE)) == LlmAnswer(
        text="Fine.", duration_s=0.0, input_tokens=812, output_tokens=41
    )


@pytest.mark.parametrize(
    "usage", [None, 5, {}, {"prompt_tokens": -1, "completion_tokens": "9"}, {"prompt_tokens": True}]
)
def test_unknown_usage_is_unknown_not_zero(usage: Any) -> None:
    answer = parsed(a_completion("Fine.", usage=usage))
    assert isinstance(answer, LlmAnswer)
    assert (answer.input_tokens, answer.output_tokens) == (None, None)


def test_text_in_parts_is_put_together() -> None:
    answer = parsed(
        a_completion([{"type": "text", "text": "Fi"}, {"type": "image"}, 3, {"type": "text", "text": "ne."}])
    )
    assert isinstance(answer, LlmAnswer)
    assert answer.text == "Fine."


@pytest.mark.parametrize("text", ["A beginning of", "", None])
def test_an_answer_cut_at_the_token_limit_is_truncated_with_what_it_cost(text: str | None) -> None:
    found = failure(a_completion(text, finish_reason="length", usage=USAGE), max_completion_tokens=41)
    assert found.kind is FailureKind.TRUNCATED
    assert "41 tokens" in found.message
    assert (found.input_tokens, found.output_tokens, found.text) == (812, 41, text or None)


def test_a_filtered_answer_and_a_refusal_are_content_filtered() -> None:
    assert failure(a_completion("", finish_reason="content_filter")).kind is FailureKind.CONTENT_FILTERED
    assert failure(a_completion(None, message={"refusal": "I will not."})).kind is FailureKind.CONTENT_FILTERED


def test_an_answer_broken_off_by_an_error_is_the_servers_fault() -> None:
    assert failure(a_completion("half", finish_reason="error")).kind is FailureKind.SERVER


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b'{"choices": [',
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"choices": "many"}',
        b'{"choices": []}',
        b"{}",
        b'{"choices": [{"index": 0}]}',
        b"[" * 100_000,
        b'{"choices": [{"message": {"content": "' + b"x" * 100_000,
    ],
)
def test_garbage_at_200_is_the_servers_fault_and_is_not_quoted_at_length(body: bytes) -> None:
    found = failure(body)
    assert found.kind is FailureKind.SERVER
    assert found.status == 200
    assert "xxxx" not in found.message
    assert len(found.text or "") <= 20_000


def test_an_error_inside_a_200_has_its_own_status() -> None:
    found = failure({"error": {"code": 429, "message": "Slow down"}, "usage": USAGE})
    assert found.kind is FailureKind.RATE_LIMITED
    assert (found.status, found.input_tokens) == (200, 812)
    assert found.message == "mylab answered 200 with an error 429 inside: Slow down"
    assert failure({"error": "overloaded"}).kind is FailureKind.SERVER


def test_a_redirect_is_not_followed_and_says_so() -> None:
    found = failure(b"", status=302)
    assert found.kind is FailureKind.BAD_REQUEST
    assert "redirect" in found.message


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode), st.integers(200, 599))
def test_nothing_a_provider_sends_is_more_than_a_failure(body: bytes, status: int) -> None:
    assert isinstance(parsed(body, status), LlmFailure)
