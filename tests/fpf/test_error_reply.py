"""A no from a provider: its kind, its words as far as they may be shown, how long to wait."""

from typing import Any

import pytest

from fpf.providers.completion_reply import parse_completion
from shared.failures import FailureKind
from shared.llm_call import LlmFailure
from tests.fpf.builders import a_call, a_reply, a_request

RATE = {"error": {"message": "Rate limit reached", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
QUOTA = {"error": {"message": "You exceeded your quota", "type": "insufficient_quota", "code": "insufficient_quota"}}


def failure(
    status: int, body: Any = b"", headers: dict[str, str] | None = None, secret: str | None = None, **request: Any
) -> LlmFailure:
    outcome = parse_completion(a_reply(body, status, headers), a_request(**request), a_call(secret=secret))
    assert isinstance(outcome, LlmFailure)
    assert (outcome.sent, outcome.status) == ("yes", status)
    return outcome


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, RATE, FailureKind.RATE_LIMITED),
        (429, b"", FailureKind.RATE_LIMITED),
        (429, QUOTA, FailureKind.QUOTA),
        (402, b"", FailureKind.QUOTA),
        (401, b"", FailureKind.AUTH),
        (403, b"", FailureKind.AUTH),
        (403, QUOTA, FailureKind.QUOTA),
        (400, b"", FailureKind.BAD_REQUEST),
        (404, b"", FailureKind.BAD_REQUEST),
        (413, b"", FailureKind.BAD_REQUEST),
        (422, b"", FailureKind.BAD_REQUEST),
        (418, b"", FailureKind.BAD_REQUEST),
        (400, {"error": {"code": "content_filter"}}, FailureKind.CONTENT_FILTERED),
        (
            400,
            {"error": {"code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
            FailureKind.CONTENT_FILTERED,
        ),
        (400, [{"error": {"code": "content_policy_violation"}}], FailureKind.CONTENT_FILTERED),
        (408, b"", FailureKind.TIMEOUT),
        (504, b"", FailureKind.TIMEOUT),
        (409, b"", FailureKind.SERVER),
        (500, b"<html>", FailureKind.SERVER),
        (502, b"", FailureKind.SERVER),
        (503, b"", FailureKind.SERVER),
        (529, b"", FailureKind.SERVER),
    ],
)
def test_status_and_code_decide_the_kind(status: int, body: Any, kind: FailureKind) -> None:
    assert failure(status, body).kind is kind


def test_the_message_says_who_what_and_why() -> None:
    assert (
        failure(429, RATE).message == "mylab answered 429 (rate_limit_exceeded, rate_limit_error): Rate limit reached"
    )
    assert failure(404, {"detail": "no such model"}).message == "mylab answered 404: no such model"
    assert failure(400, {"error": "bad"}).message == "mylab answered 400: bad"
    assert failure(500, {"error": {"code": 7, "message": ["x"]}}).message == "mylab answered 500"


def test_retry_after_is_read_from_any_error() -> None:
    assert failure(429, RATE, {"retry-after": "7"}).retry_after_s == 7.0
    assert failure(503, b"", {"retry-after": "2"}).retry_after_s == 2.0
    assert failure(500).retry_after_s is None


def test_usage_of_a_failed_request_is_read() -> None:
    found = failure(500, {"error": {"message": "broke"}, "usage": {"prompt_tokens": 5, "completion_tokens": 0}})
    assert (found.input_tokens, found.output_tokens) == (5, 0)


def test_a_key_is_never_repeated() -> None:
    body = {"error": {"message": "Incorrect key sk-s3cret-9 provided, you sent sk-s3c***", "code": "invalid_api_key"}}
    found = failure(401, body, secret="sk-s3cret-9")
    assert found.message == "mylab answered 401 (invalid_api_key)"
    assert found.text is None
    elsewhere = failure(500, {"error": {"message": "key sk-s3cret-9 broke"}}, secret="sk-s3cret-9")
    assert "s3cret" not in elsewhere.message + (elsewhere.text or "")


def test_words_that_repeat_the_prompt_are_left_out() -> None:
    document = "The quick brown fox jumps over the lazy dog."
    body = {"error": {"message": f"Cannot process input: '{document}' is not allowed", "code": "bad_input"}}
    assert failure(400, body, document=document).message == "mylab answered 400 (bad_input)"
    assert failure(400, {"error": {"message": "Blocked word: fnord"}}, document="fnord").message == "mylab answered 400"


def test_long_words_are_cut() -> None:
    found = failure(400, {"error": {"message": "no " * 500}})
    assert len(found.message) < 240
    assert found.message.endswith("…")
