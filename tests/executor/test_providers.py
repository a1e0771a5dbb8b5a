"""What a provider needs in the environment, and what of a preset it cannot honour, by the preset's own names."""

from typing import Any

import pytest

from services.executor.core.presets.preset import Generator
from services.executor.core.presets.providers import missing_variables, refusals


def a_model(**changes: Any) -> Generator:
    return Generator.model_validate({"provider": "openai", "model": "gpt-4.1"} | changes)


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("anthropic", "ANTHROPIC_API_KEY"),
        ("google", "GEMINI_API_KEY"),
        ("openrouter", "OPENROUTER_API_KEY"),
        ("my-lab.2", "MY_LAB_2_BASE_URL"),
        ("scripted", "SCRIPTED_FILE"),
    ],
)
def test_each_provider_names_the_variable_it_needs(provider: str, variable: str) -> None:
    model = a_model(provider=provider)
    assert missing_variables(model, {}) == [variable]
    assert missing_variables(model, {variable: " "}) == [variable]
    assert missing_variables(model, {variable: "set"}) == []


def test_who_needs_nothing_misses_nothing() -> None:
    assert missing_variables(a_model(provider="local"), {}) == []
    assert missing_variables(a_model(provider="scripted", model="s.yaml"), {}) == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"temperature": 1.5, "seed": 1, "stop": ["a"], "top_p": 0.5, "max_completion_tokens": 9}, []),
        ({"model": "gpt-5", "temperature": 0.5}, ["temperature"]),
        ({"api": "responses", "seed": 1}, ["seed"]),
        ({"provider": "anthropic", "model": "claude-opus-4-6", "seed": 1, "json": "object"}, ["json", "seed"]),
        ({"provider": "google", "model": "gemini-2.5-pro", "reasoning_effort": "none"}, ["reasoning_effort"]),
        ({"provider": "local", "model": "other", "reasoning_effort": "low"}, ["model", "reasoning_effort"]),
        ({"kind": "gpt_researcher"}, []),
        ({"kind": "gpt_researcher", "api": "responses"}, ["api"]),
        ({"kind": "gpt_researcher", "provider": "google", "model": "gemini-2.5-pro"}, ["provider"]),
    ],
)
def test_what_cannot_be_honoured_is_named_before_the_start(changes: dict[str, Any], fields: list[str]) -> None:
    assert [field for field, _ in refusals(a_model(**changes), judges=True)] == fields
