"""A judge's answer is read exactly or not at all."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.core.judging.prompts import judge_instructions
from services.executor.core.judging.verdict_schema import most_schema_tokens, preference_schema, verdict_schema
from services.executor.core.judging.verdicts import Preferred, Scores, Unreadable, read_preference, read_verdict
from services.executor.core.presets.preset import Criterion
from services.executor.core.records import Order, Winner

CRITERIA = [Criterion(name="Relevance", description="To the point."), Criterion(name="Clarity")]


def verdict(*entries: Any) -> str:
    return json.dumps({"evaluations": list(entries)})


def entry(name: str, score: Any, **more: Any) -> dict[str, Any]:
    return {"criterion": name, "score": score, **more}


def test_a_verdict_of_381_bytes_is_accepted() -> None:
    text = verdict(entry("Relevance", 4, reason="r" * 130), entry("Clarity", 5, reason="c" * 128))
    assert len(text) == 381
    read = read_verdict(text, CRITERIA)
    assert isinstance(read, Scores)
    assert read.scores == {"Relevance": 4, "Clarity": 5}
    assert read.mean == 4.5


def test_reasoning_is_read_as_reason_and_order_and_case_do_not_matter() -> None:
    read = read_verdict(verdict(entry("clarity ", 2, reasoning="dull"), entry("RELEVANCE", 3)), CRITERIA)
    assert isinstance(read, Scores)
    assert list(read.scores) == ["Relevance", "Clarity"]
    assert read.reasons == {"Relevance": "", "Clarity": "dull"}


@pytest.mark.parametrize(
    "entries",
    [
        [entry("Relevance", 4)],
        [entry("Relevance", 4), entry("Relevance", 4)],
        [entry("Relevance", 4), entry("Clarity", 0)],
        [entry("Relevance", 4), entry("Clarity", 6)],
        [entry("Relevance", 4), entry("Clarity", -1)],
        [entry("Relevance", 4), entry("Clarity", None)],
        [entry("Relevance", 4), entry("Clarity", "4")],
        [entry("Relevance", 4), entry("Clarity", True)],
        [entry("Relevance", 4), {"criterion": "Clarity"}],
        [entry("Relevance", 4), entry("Clarity", 4), entry("Style", 4)],
        [entry("Relevance", 4), 7],
    ],
)
def test_what_is_missing_or_out_of_range_makes_the_verdict_unreadable(entries: list[Any]) -> None:
    assert isinstance(read_verdict(verdict(*entries), CRITERIA), Unreadable)


def test_not_a_number_is_no_score() -> None:
    text = verdict(entry("Relevance", math.nan), entry("Clarity", 3))
    assert isinstance(read_verdict(text, CRITERIA), Unreadable)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    assert isinstance(read_verdict(text, CRITERIA), Scores | Unreadable)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.fixed_dictionaries({"criterion": st.sampled_from(["Relevance", "Clarity", "x"]), "score": json_values}) | json_values, max_size=3))  # fmt: skip
def test_no_verdict_brings_a_score_outside_one_to_five(entries: list[Any]) -> None:
    read = read_verdict(json.dumps({"evaluations": entries}), CRITERIA)
    if isinstance(read, Scores):
        assert all(1 <= score <= 5 for score in read.scores.values())
        assert set(read.scores) == {"Relevance", "Clarity"}


def test_a_message_never_quotes_the_answer() -> None:
    for text in ("SECRET", verdict(entry("SECRET", 3)), verdict(entry("Relevance", "SECRET"))):
        read = read_verdict(text, CRITERIA)
        assert isinstance(read, Unreadable)
        assert "SECRET" not in read.message


def test_the_instructions_name_every_criterion_and_the_shape_of_the_answer() -> None:
    text = judge_instructions(CRITERIA)
    assert "- Relevance: To the point.\n- Clarity\n" in text
    assert '"evaluations"' in text


def test_the_schema_lets_a_model_write_only_what_can_be_read() -> None:
    general = verdict_schema(CRITERIA, "mylab")["properties"]["evaluations"]
    assert (general["minItems"], general["maxItems"]) == (2, 2)
    assert general["items"]["properties"]["criterion"]["enum"] == ["Relevance", "Clarity"]
    local = verdict_schema(CRITERIA, "local")["properties"]["evaluations"]
    assert [item["properties"]["criterion"]["const"] for item in local["prefixItems"]] == ["Relevance", "Clarity"]
    assert local["prefixItems"][0]["properties"]["reason"]["maxLength"] > 0


@pytest.mark.parametrize(
    ("said", "order", "winner"),
    [
        ("A", "ab", "a"),
        ("B", "ab", "b"),
        ("A", "ba", "b"),
        ("b", "ba", "a"),
        (" a ", "ab", "a"),
        ("TIE", "ab", "tie"),
        ("tie", "ba", "tie"),
    ],
)
def test_the_winner_is_the_document_wherever_it_was_shown(said: str, order: Order, winner: Winner) -> None:
    assert read_preference(json.dumps({"winner": said, "reason": "so"}), order) == Preferred(winner, "so")


@pytest.mark.parametrize(
    "text",
    [
        '{"winner": "C"}',
        '{"winner": ""}',
        '{"winner": null}',
        '{"winner": true}',
        '{"better": "A"}',
        "[]",
        '"A"',
        "A",
        "",
    ],
)
def test_what_names_no_winner_is_unreadable_and_no_tie(text: str) -> None:
    assert isinstance(read_preference(text, "ab"), Unreadable)


def test_a_winner_needs_no_reason_and_may_stand_in_a_fence() -> None:
    assert read_preference('{"winner": "A", "reasoning": "so"}', "ab") == Preferred("a", "so")
    assert read_preference('```json\n{"winner": "B"}\n```', "ab") == Preferred("b", "")


def test_the_schema_of_a_comparison_allows_nothing_but_a_winner_and_a_short_reason() -> None:
    schema = preference_schema("local")
    assert list(schema["properties"]) == schema["required"] == ["winner", "reason"]
    assert schema["properties"]["winner"]["enum"] == ["A", "B", "tie"]
    assert (
        schema["properties"]["reason"]["maxLength"] < preference_schema("openai")["properties"]["reason"]["maxLength"]
    )


@pytest.mark.parametrize("provider", ["openai", "local"])
def test_what_a_schema_adds_to_a_prompt_is_never_counted_too_low(provider: str) -> None:
    schema = verdict_schema([Criterion(name=f"Criterion {n}") for n in range(20)], provider)
    assert most_schema_tokens(schema) > len(json.dumps(schema, separators=(",", ":"))) + 346
