"""What a provider says is shown as far as it gives nothing away."""

import pytest

from fpf.providers.completion_reply import parse_completion
from fpf.providers.quoting import kept_text, quotable, quotable_code, without_key
from shared.llm_call import LlmAnswer, LlmFailure
from tests.fpf.builders import a_call, a_reply, a_request

KEY = "sk-live-0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"the key {KEY[:12]}... is wrong",
        f"the key ...{KEY[-12:]} is wrong",
        f"the key {KEY[4:18]} is wrong",
    ],
)
def test_a_sentence_with_a_piece_of_the_key_is_not_shown_at_all(text: str) -> None:
    assert quotable(text, a_request(), KEY) == ""
    assert kept_text(text.encode(), KEY) is None


def test_a_whole_key_is_cut_out_and_the_rest_is_shown() -> None:
    assert quotable(f"the key {KEY} is wrong", a_request(), KEY) == "the key [key] is wrong"
    assert kept_text(f"the key {KEY} is wrong".encode(), KEY) == "the key [key] is wrong"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("rate_limit_exceeded", True),
        (KEY, False),
        (KEY[:16], False),
        (f"bad_{KEY}_bad", False),
        ("a-long-code-out-of-the-prompt", False),
    ],
)
def test_an_identifier_that_is_none_is_not_shown(code: str, shown: bool) -> None:
    request = a_request(document="It says a-long-code-out-of-the-prompt in the text.")
    assert quotable_code(code, request, KEY) is shown


def test_an_error_whose_code_is_the_key_is_told_without_it() -> None:
    error = {"error": {"message": "no", "type": KEY, "code": "model_overloaded"}}
    outcome = parse_completion(a_reply(error, 500), a_request(), a_call(secret=KEY))
    assert isinstance(outcome, LlmFailure)
    assert outcome.message.endswith("answered 500 (model_overloaded): no")
    assert KEY not in str(outcome)


def test_an_answer_hands_no_key_on_and_keeps_every_other_word() -> None:
    body = {"choices": [{"message": {"content": f"You sent {KEY}, didn't you?"}, "finish_reason": "stop"}]}
    outcome = parse_completion(a_reply(body, 200), a_request(), a_call(secret=KEY))
    assert isinstance(outcome, LlmAnswer)
    assert outcome.text == "You sent [key], didn't you?"
    assert without_key("none of it, none", "none") == "none of it, none"
    assert without_key("anything", None) == "anything"
