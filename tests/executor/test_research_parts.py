"""What a research is made of, part by part: its settings, its answers in OpenAI's words, its own embeddings."""

import base64
import json
import struct
from pathlib import Path

import pytest

from services.executor.adapters.processes.research_environment import KnownEnvironment, surroundings
from services.executor.core.planning.plan import make_plan, max_requests_total
from services.executor.core.presets.check_preset import check_preset
from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.core.presets.researcher import embedding_model
from services.executor.core.research.openai_answers import as_stream, error_body, error_status
from services.executor.core.research.own_embeddings import embedding, embeddings_reply
from shared.failures import FailureKind
from tests.executor.configs import a_config, a_preset, no_list

RESEARCHER = {"provider": "mylab", "model": "m1", "kind": "gpt_researcher"}


def mistakes(*models: dict[str, object]) -> dict[str, str]:
    with pytest.raises(InvalidPreset) as found:
        check_preset(a_config(generation={"models": list(models)}), no_list)
    return {mistake.path: mistake.message for mistake in found.value.mistakes}


def test_a_research_on_the_web_or_by_another_interface_is_refused_by_name() -> None:
    found = mistakes(
        {**RESEARCHER, "report_type": "deep"},
        {**RESEARCHER, "report_type": "poem"},
        {**RESEARCHER, "provider": "anthropic"},
        {**RESEARCHER, "provider": "openai", "api": "responses"},
    )
    assert "searches the web only" in found["generation.models[0].report_type"]
    assert "outline_report" in found["generation.models[1].report_type"]
    assert {"generation.models[2].provider", "generation.models[3].api"} <= set(found)


def test_what_belongs_to_a_research_has_no_place_elsewhere() -> None:
    found = mistakes({"provider": "mylab", "model": "m1", "report_type": "outline_report", "max_requests": 5})
    assert set(found) == {"generation.models[0].report_type", "generation.models[0].max_requests"}


def test_the_ceiling_counts_a_research_with_all_it_may_ask() -> None:
    plain = {"provider": "mylab", "model": "m2"}
    preset = a_preset(
        docs=2, generation={"models": [RESEARCHER, {**RESEARCHER, "max_requests": 7, "model": "m3"}, plain]}
    )
    assert max_requests_total(preset, make_plan(preset)) == 2 * (100 + 7 + 3)


def test_the_document_of_a_research_names_its_kind() -> None:
    preset = a_preset(generation={"models": [RESEARCHER]})
    assert preset.generation is not None
    assert preset.generation.models[0].shown()["kind"] == "gpt_researcher"


def test_a_whole_answer_is_streamed_in_the_words_of_a_stream() -> None:
    tool = {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": "Brot", "refusal": None, "tool_calls": [tool]}
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    reply = {
        "id": "c",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }
    events = [event.decode() for event in as_stream(json.dumps(reply).encode(), with_usage=True)]
    assert events[-1] == "data: [DONE]\n\n"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0]["choices"][0]["delta"] == {
        "role": "assistant",
        "content": "Brot",
        "tool_calls": [{"index": 0, **tool}],
    }
    assert chunks[1]["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "stop"}
    assert chunks[2] == {**chunks[2], "choices": [], "usage": usage}
    assert len(list(as_stream(json.dumps(reply).encode(), with_usage=False))) == 3


def test_a_failure_is_said_in_openais_form() -> None:
    assert json.loads(error_body("budget", "spent"))["error"] == {
        "message": "spent",
        "type": "budget",
        "code": "budget",
        "param": None,
    }
    assert {kind: error_status(kind) for kind in FailureKind}[FailureKind.RATE_LIMITED] == 429
    assert all(error_status(kind) >= 400 for kind in FailureKind)


def likeness(one: str, other: str) -> float:
    return sum(left * right for left, right in zip(embedding(one), embedding(other), strict=True))


def test_texts_that_share_words_are_alike_and_every_text_has_a_vector() -> None:
    question = "Why does baking bread need yeast?"
    assert likeness(question, "Yeast makes the bread rise while it is baked.") > likeness(
        question, "The tide is the moon's."
    )
    for text in ("", "a b", "ß", question):
        assert sum(value * value for value in embedding(text)) == pytest.approx(1.0)


def test_embeddings_of_our_own_come_as_they_are_asked_for() -> None:
    plain = json.loads(embeddings_reply({"input": "bread"}) or b"")
    packed = json.loads(embeddings_reply({"input": ["bread"], "encoding_format": "base64"}) or b"")
    raw = base64.b64decode(packed["data"][0]["embedding"])
    assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(plain["data"][0]["embedding"])
    assert embeddings_reply({"input": [[1, 2]]}) is None
    assert embeddings_reply({}) is None


def test_a_providers_embedding_model_is_known_named_or_none() -> None:
    assert embedding_model("openai", {}) == "text-embedding-3-small"
    assert embedding_model("openai", {"OPENAI_EMBEDDING_MODEL": "none"}) is None
    assert embedding_model("my-lab", {"MY_LAB_EMBEDDING_MODEL": "e"}) == "e"
    assert embedding_model("local", {}) is None


def test_the_environment_of_a_research_is_found_when_it_is_made_and_holds_no_key(tmp_path: Path) -> None:
    python = tmp_path / "python"
    known = KnownEnvironment({"A_KEY": "sk-1", "PATH": "/bin"}, named=python)
    assert (known.get("ACM2_GPT_RESEARCHER_PYTHON"), known.researcher()) == (None, None)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    command = known.researcher()
    assert command is not None
    assert command[0] == known["ACM2_GPT_RESEARCHER_PYTHON"] == str(python)
    assert known["A_KEY"] == "sk-1"
    assert "sk-1" not in surroundings(known, tmp_path).values()
