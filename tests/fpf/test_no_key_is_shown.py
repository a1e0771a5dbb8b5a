"""A key goes into one header. Whatever a provider says about it, it comes out nowhere else."""

import logging
from typing import Any

import msgspec
import pytest

from shared.llm_call import LlmAnswer
from tests.fpf.builders import a_completion
from tests.fpf.exchange import CANARY, Exchange, exchange

ASKED = {
    "openai": ("gpt-4.1", "chat"),
    "openai-responses": ("gpt-4.1", "responses"),
    "anthropic": ("claude-sonnet-4-5", None),
    "google": ("gemini-2.5-flash", None),
    "openrouter": ("vendor/m", None),
    "mylab": ("m", None),
}
LEAK = f"the key {CANARY} was sent, or {CANARY[3:20]}..."
ERROR = {
    "error": {
        "type": CANARY,
        "code": CANARY,
        "status": CANARY[:12],
        "message": LEAK,
        "details": [{"reason": CANARY}, {"violations": [{"quotaId": CANARY}]}],
        "metadata": {"error_type": CANARY, "raw": LEAK},
    }
}


async def asked(name: str, reply: Any, status: int) -> Exchange:
    model, api = ASKED[name]
    return await exchange(reply, status=status, provider=name.partition("-")[0], model=model, api=api)


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500])
@pytest.mark.parametrize("reply", [ERROR, LEAK.encode(), b'"' + CANARY.encode()])
async def test_no_piece_of_a_key_is_in_what_a_refused_call_says(
    name: str, status: int, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    done = await asked(name, reply, status)
    shown = msgspec.json.encode(done.outcome).decode() + repr(done.outcome) + caplog.text
    assert CANARY[:10] not in shown
    assert CANARY[3:20] not in shown


@pytest.mark.parametrize("name", ASKED)
async def test_the_key_is_in_one_header_and_not_in_the_address(name: str) -> None:
    done = await asked(name, {}, 200)
    assert sum(CANARY in value for value in done.request.headers.values()) == 1
    assert CANARY not in str(done.request.url)
    assert CANARY.encode() not in done.request.content


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("openai", a_completion(LEAK)),
        ("openai-responses", {"output": [{"type": "message", "content": [{"type": "output_text", "text": LEAK}]}]}),
        ("anthropic", {"content": [{"type": "text", "text": LEAK}]}),
        ("google", {"candidates": [{"content": {"parts": [{"text": LEAK}]}}]}),
    ],
)
async def test_a_key_in_an_answer_does_not_go_on(name: str, reply: Any) -> None:
    outcome = (await asked(name, reply, 200)).outcome
    assert isinstance(outcome, LlmAnswer)
    assert CANARY not in outcome.text
    assert "[key]" in outcome.text
