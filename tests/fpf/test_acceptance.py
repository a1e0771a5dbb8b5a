"""Which answers are answers: the size rule, the JSON rule, and no empty answer ever."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpf.acceptance import accept, json_object_text
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from tests.fpf.builders import a_request

VERDICT = json.dumps({"evaluations": [{"criterion": "Relevance", "score": 4, "reason": "x" * 310}]})


def answered(text: str) -> LlmAnswer:
    return LlmAnswer(text=text, duration_s=1.0, input_tokens=7, output_tokens=3)


def refusal(text: str, **request: object) -> LlmFailure:
    failure = accept(answered(text), a_request(**request))
    assert isinstance(failure, LlmFailure)
    return failure


def test_a_verdict_of_381_bytes_is_accepted_at_once() -> None:
    assert len(VERDICT) == 381
    assert accept(answered(VERDICT), a_request(json=True, min_bytes=3072)) == answered(VERDICT)


def test_an_answer_below_the_limit_is_refused_and_says_both_numbers() -> None:
    failure = refusal("ä" * 50, min_bytes=3072)
    assert failure.kind is FailureKind.OUTPUT_TOO_SMALL
    assert failure.message == "the answer has 100 bytes, the least accepted is 3072"
    assert (failure.input_tokens, failure.output_tokens, failure.text) == (7, 3, "ä" * 50)
    assert failure.sent == "yes"


def test_bytes_are_counted_not_characters() -> None:
    assert accept(answered("ä" * 50), a_request(min_bytes=100)) == answered("ä" * 50)
    assert refusal("ä" * 50, min_bytes=101).kind is FailureKind.OUTPUT_TOO_SMALL


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_answer_is_refused_even_without_a_size_rule(text: str) -> None:
    assert refusal(text, min_bytes=0).kind is FailureKind.OUTPUT_TOO_SMALL
    assert refusal(text, json=True).kind is FailureKind.INVALID_JSON


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```", "  ```JSON  \r\n{}\r\n```\n", "```json\n{}```"])
def test_a_fence_around_the_object_is_taken_off(fence: str) -> None:
    text = fence.replace("{}", VERDICT)
    assert accept(answered(text), a_request(json=True)) == answered(VERDICT)


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        '"text"',
        "4",
        "null",
        '{"a": 1',
        '{"a": NaN}',
        '{"a": 1} and more',
        'Here it is: {"a": 1}',
        "{'a': 1}",
        "```json\n[1]\n```",
        "```json\n```",
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_is_not_a_json_object_is_invalid_json_and_kept_for_whoever_asks(text: str) -> None:
    failure = refusal(text, json=True, min_bytes=0)
    assert failure.kind is FailureKind.INVALID_JSON
    assert failure.text == text


@given(
    st.dictionaries(
        st.text(),
        st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=20),
        max_size=8,
    )
)
def test_every_json_object_is_found_as_it_is(value: dict[str, object]) -> None:
    text = json.dumps(value)
    assert json_object_text(text) == text
    assert json_object_text(f"```json\n{text}\n```") == text
