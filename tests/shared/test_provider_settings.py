"""What each provider can honour, by name: one table for whoever plans and whoever sends."""

from typing import Any

import pytest

from shared.model_families import claude_model, gemini_model, openai_model
from shared.provider_settings import refused_settings

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")


def refused(provider: str, model: str, **settings: Any) -> set[str]:
    return {name for name, _ in refused_settings(provider, model, settings)}


def efforts(provider: str, model: str) -> str:
    return " ".join(name for name in EFFORTS if not refused(provider, model, reasoning_effort=name))


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "openrouter", "local", "scripted", "mylab"])
def test_nothing_set_nothing_refused(provider: str) -> None:
    assert refused(provider, "m", temperature=None, stop=None, api=None) == set()


@pytest.mark.parametrize(
    ("provider", "model", "taken"),
    [
        ("openai", "o3-mini", "low medium high"),
        ("openai", "gpt-5-nano-2025-08-07", "minimal low medium high"),
        ("openai", "gpt-5.1", "none low medium high"),
        ("openai", "gpt-5.2", "none low medium high xhigh"),
        ("openai", "gpt-5.1-codex-max", "none minimal low medium high xhigh"),
        ("openai", "gpt-4.1-mini", ""),
        ("openai", "a-tuned-one", "none minimal low medium high xhigh"),
        ("anthropic", "claude-3-5-haiku-latest", "none"),
        ("anthropic", "claude-haiku-4-5", "none"),
        ("anthropic", "claude-opus-4-5-20251101", "none low medium high"),
        ("anthropic", "claude-sonnet-4-6", "none low medium high"),
        ("anthropic", "claude-opus-5-5", "none low medium high xhigh"),
        ("anthropic", "claude-fable-5", "low medium high xhigh"),
        ("anthropic", "claude-mythos-preview", "low medium high xhigh"),
        ("anthropic", "a-claude-to-come", "none low medium high xhigh"),
        ("google", "gemini-2.0-flash", "none"),
        ("google", "gemini-2.5-flash-lite", "none minimal low medium high"),
        ("google", "gemini-2.5-pro", "minimal low medium high"),
        ("google", "gemini-3.1-pro-preview", "low medium high"),
        ("google", "gemini-3.5-flash", "minimal low medium high"),
        ("google", "gemini-3.8-flash", "low medium high"),
        ("google", "gemma-4", "none minimal low medium high"),
        ("openrouter", "vendor/m", "none minimal low medium high xhigh"),
        ("local", "smollm2-135m", ""),
        ("mylab", "m", "none minimal low medium high xhigh"),
    ],
)
def test_the_efforts_a_model_takes(provider: str, model: str, taken: str) -> None:
    assert efforts(provider, model) == taken


@pytest.mark.parametrize(
    ("provider", "model", "settings", "names"),
    [
        ("openai", "gpt-4o", {"temperature": 1.9, "top_p": 0.1, "seed": 1, "stop": ["a"] * 4}, set()),
        ("openai", "gpt-4o", {"stop": ["a"] * 5}, {"stop"}),
        ("openai", "o4-mini", {"temperature": 0.5, "top_p": 0.5, "stop": ["a"]}, {"temperature", "top_p", "stop"}),
        ("openai", "gpt-5", {"temperature": 0.5, "reasoning_effort": "low"}, {"temperature"}),
        ("openai", "gpt-5.2", {"temperature": 0.5}, {"temperature"}),
        ("openai", "gpt-5.2", {"temperature": 0.5, "reasoning_effort": "none"}, set()),
        ("openai", "gpt-5-chat-latest", {"temperature": 0.5}, set()),
        ("openai", "gpt-4o", {"api": "responses", "seed": 1, "stop": ["a"]}, {"seed", "stop"}),
        ("openai", "gpt-4o", {"api": "responses", "max_completion_tokens": 16}, set()),
        ("openai", "gpt-4o", {"api": "chat"}, set()),
        ("anthropic", "claude-3-opus-20240229", {"temperature": 1, "top_p": 0.5}, set()),
        ("anthropic", "claude-opus-4-1-20250805", {"temperature": 1, "top_p": 0.5}, {"top_p"}),
        ("anthropic", "claude-sonnet-4-20250514", {"temperature": 1, "top_p": 0.5}, set()),
        ("anthropic", "claude-opus-4-7", {"temperature": 0}, {"temperature"}),
        ("anthropic", "claude-sonnet-4-5", {"temperature": 1.1}, {"temperature"}),
        ("anthropic", "claude-opus-4-6", {"top_p": 0.5, "reasoning_effort": "low"}, {"top_p"}),
        ("anthropic", "claude-opus-4-6", {"top_p": 0.5, "reasoning_effort": "none"}, set()),
        ("anthropic", "claude-opus-4-6", {"json_mode": "object"}, {"json_mode"}),
        ("anthropic", "claude-opus-4-6", {"json_mode": "prompt"}, set()),
        ("google", "gemini-2.5-pro", {"temperature": 2, "seed": 1, "stop": ["a"] * 5}, set()),
        ("openrouter", "v/m", {"api": "chat", "stop": ["a"] * 5}, {"api", "stop"}),
        ("local", "smollm2-135m", {"temperature": 1, "top_p": 0.5, "seed": 1, "stop": ["a"], "api": "chat"}, {"api"}),
        ("scripted", "m", {"temperature": 1, "seed": 1, "reasoning_effort": "xhigh"}, set()),
        ("mylab", "gpt-5", {"temperature": 1, "stop": ["a"] * 9}, set()),
    ],
)
def test_what_is_refused_is_named(provider: str, model: str, settings: dict[str, Any], names: set[str]) -> None:
    assert refused(provider, model, **settings) == names


def test_a_reason_says_what_to_do() -> None:
    assert refused_settings("google", "gemini-2.5-pro", {"reasoning_effort": "none"}) == [
        ("reasoning_effort", "gemini-2.5-pro takes minimal, low, medium, high")
    ]


def test_a_date_is_no_version_and_a_name_that_is_not_understood_says_nothing() -> None:
    dated = claude_model("claude-sonnet-4-20250514")
    assert dated is not None
    assert dated.version == (4, 0)
    for name in ("", "claude", "gpt", "opus-4", "gemini-pro-latest", "llama"):
        assert (openai_model(name), claude_model(name), gemini_model(name)) == (None, None, None)
