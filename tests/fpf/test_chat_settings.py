"""Chat Completions, at OpenAI, OpenRouter, an endpoint of somebody's own and the embedded model: each setting seen."""

from typing import Any

import pytest

from shared.failures import FailureKind
from tests.fpf.builders import a_completion
from tests.fpf.exchange import Exchange, exchange

ALL = {"temperature": 0.2, "top_p": 0.9, "seed": 7, "stop": ["END"]}
USAGE = {"prompt_tokens": 812, "completion_tokens": 41}


async def asked(provider: str, model: str, *, usage: Any = USAGE, **changes: Any) -> Exchange:
    return await exchange(a_completion("Fine.", usage=usage), provider=provider, model=model, **changes)


@pytest.mark.parametrize(
    ("provider", "model", "settings", "sent"),
    [
        ("openai", "gpt-4.1", ALL, ALL),
        ("openai", "gpt-4.1", {"max_completion_tokens": 9}, {"max_completion_tokens": 9}),
        ("openai", "o3", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ("openai", "gpt-5.1", {"reasoning_effort": "none", "top_p": 0.5}, {"reasoning_effort": "none", "top_p": 0.5}),
        ("mylab", "m", {**ALL, "reasoning_effort": "high"}, {**ALL, "reasoning_effort": "high"}),
        ("mylab", "m", {"max_completion_tokens": 9}, {"max_tokens": 9}),
    ],
)
async def test_each_setting_is_seen_in_the_request(
    provider: str, model: str, settings: dict[str, Any], sent: dict[str, Any]
) -> None:
    body = (await asked(provider, model, **settings)).body
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == sent


async def test_the_embedded_model_takes_all_but_an_effort() -> None:
    here = "http://127.0.0.1:9/v1"
    body = (await asked("local", "smollm2-135m", base_url=here, **ALL)).body
    assert {name: body[name] for name in ALL} == ALL
    refused = await asked("local", "smollm2-135m", base_url=here, reasoning_effort="low")
    assert refused.sent == []
    assert refused.failure.message.startswith("reasoning_effort: ")


async def test_openrouter_sends_it_only_to_who_honours_all_of_it() -> None:
    done = await asked("openrouter", "vendor/m", **ALL, reasoning_effort="low", max_completion_tokens=9)
    assert done.request.headers["x-title"] == "ACM2"
    assert {name: value for name, value in done.body.items() if name not in ("model", "messages")} == {
        **ALL,
        "max_tokens": 9,
        "reasoning": {"effort": "low"},
        "provider": {"require_parameters": True},
    }
    assert set((await asked("openrouter", "vendor/m")).body) == {"model", "messages"}


async def test_openrouter_says_what_it_charged() -> None:
    assert (await asked("openrouter", "v/m", usage={**USAGE, "cost": 0.00125})).answer.cost_usd == 0.00125
    own_key = {**USAGE, "cost": 0.0001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.002}}
    assert (await asked("openrouter", "v/m", usage=own_key)).answer.cost_usd == pytest.approx(0.0021)
    hidden = {**USAGE, "cost": 0.0001, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}
    assert (await asked("openrouter", "v/m", usage=hidden)).answer.cost_usd is None
    for odd in (None, "0.1", -1, True):
        assert (await asked("openrouter", "v/m", usage={**USAGE, "cost": odd})).answer.cost_usd is None


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (402, {"code": 402, "message": "no credits"}, FailureKind.QUOTA),
        (402, {"code": 402, "metadata": {"limit_source": "openrouter_in_flight_budget"}}, FailureKind.RATE_LIMITED),
        (403, {"code": 403, "metadata": {"reasons": ["x"], "flagged_input": "..."}}, FailureKind.CONTENT_FILTERED),
        (403, {"code": 403, "message": "no"}, FailureKind.AUTH),
        (404, {"code": 404, "message": "No endpoints found that can handle"}, FailureKind.BAD_REQUEST),
        (200, {"code": 502, "message": "upstream"}, FailureKind.SERVER),
        (503, {"code": 503}, FailureKind.SERVER),
    ],
)
async def test_each_no_of_openrouter_has_its_kind(status: int, error: dict[str, Any], kind: FailureKind) -> None:
    done = await exchange({"error": error}, status=status, provider="openrouter", model="v/m")
    assert done.kind is kind
