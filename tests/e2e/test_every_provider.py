"""Each provider, asked by a real run: every setting of the preset is seen in its request, and no key anywhere else."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.many_providers import TOKENS_IN, TOKENS_OUT, many_providers
from tests.e2e.stack import running_stack

pytestmark = pytest.mark.e2e

KEY = "canary-0123456789abcdefXYZ"
SAMPLING = {"temperature": 0.25, "top_p": 0.75, "seed": 7, "stop": ["THE END"]}
MODELS: list[dict[str, Any]] = [
    {"provider": "openai", "model": "gpt-4.1", **SAMPLING, "max_completion_tokens": 101},
    {"provider": "openai", "model": "gpt-5.2", "api": "responses", "reasoning_effort": "low"},
    {"provider": "anthropic", "model": "claude-opus-5", "reasoning_effort": "xhigh", "stop": ["THE END"]},
    {"provider": "google", "model": "gemini-2.5-flash", **SAMPLING, "reasoning_effort": "medium"},
    {"provider": "openrouter", "model": "vendor/m", **SAMPLING, "reasoning_effort": "high"},
    {"provider": "mylab", "model": "m", **SAMPLING, "max_completion_tokens": 102},
]
JUDGES: list[dict[str, Any]] = [
    {"provider": "anthropic", "model": "claude-haiku-4-5", "temperature": 0.5, "max_completion_tokens": 103},
    {"provider": "google", "model": "gemini-2.5-pro"},
    {"provider": "openai", "model": "gpt-4.1-mini", "api": "responses"},
]
CONFIG = {
    "documents": [{"id": "doc", "text": "Rivers carry water."}],
    "generation": {"instructions": {"text": "Summarise it."}, "models": MODELS},
    "single_eval": {"criteria": ["Clarity"], "judges": JUDGES},
}


def by_model(bodies: list[dict[str, Any]], model: str) -> dict[str, Any]:
    return next(body for body in bodies if body["model"] == model)


def test_every_setting_reaches_its_provider_and_no_key_is_kept(tmp_path: Path) -> None:
    with many_providers() as (url, seen):
        keys = {f"{name}_API_KEY": KEY for name in ("OPENAI", "ANTHROPIC", "GEMINI", "OPENROUTER", "MYLAB")}
        urls = {f"{name}_BASE_URL": url for name in ("OPENAI", "ANTHROPIC", "GEMINI", "OPENROUTER", "MYLAB")}
        with running_stack(tmp_path, **keys, **urls) as stack:
            run_id = stack.start_run(CONFIG)
            run = stack.wait_for(run_id, {"completed", "completed_with_errors", "failed"})
            results = stack.client.get(f"{stack.executor.url}/runs/{run_id}/results").text
    assert run["status"] == "completed", run
    calls = len(MODELS) + len(MODELS) * len(JUDGES)
    assert run["stats"]["attempts"] == calls == sum(map(len, seen.bodies.values()))
    assert run["stats"]["input_tokens"] == calls * TOKENS_IN
    assert run["stats"]["output_tokens"] == calls * TOKENS_OUT

    chats, answers = seen.of("/chat/completions"), seen.of("/responses")
    messages = seen.of("/v1/messages")
    generated = seen.of("models/gemini-2.5-flash:generateContent")
    judged = seen.of("models/gemini-2.5-pro:generateContent")
    assert by_model(chats, "gpt-4.1").items() >= {**SAMPLING, "max_completion_tokens": 101}.items()
    assert by_model(chats, "m").items() >= {**SAMPLING, "max_tokens": 102}.items()
    routed = by_model(chats, "vendor/m")
    assert routed.items() >= SAMPLING.items()
    assert (routed["reasoning"], routed["provider"]) == ({"effort": "high"}, {"require_parameters": True})
    assert by_model(answers, "gpt-5.2")["reasoning"] == {"effort": "low"}
    assert by_model(answers, "gpt-4.1-mini")["text"]["format"]["strict"] is True
    thinker, judge = by_model(messages, "claude-opus-5"), by_model(messages, "claude-haiku-4-5")
    assert (thinker["output_config"], thinker["stop_sequences"]) == ({"effort": "xhigh"}, ["THE END"])
    assert (judge["temperature"], judge["max_tokens"]) == (0.5, 103)
    assert judge["output_config"]["format"]["type"] == "json_schema"
    assert generated[0]["generationConfig"] == {
        "temperature": 0.25,
        "topP": 0.75,
        "seed": 7,
        "stopSequences": ["THE END"],
        "thinkingConfig": {"thinkingBudget": 8192},
    }
    assert all("responseJsonSchema" in body["generationConfig"] for body in judged)

    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file for file in kept if KEY.encode() in file.read_bytes()] == []
    assert KEY not in results
