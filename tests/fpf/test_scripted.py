"""Answers from a file: in turn, by prompt and model, with delays and failures, and no network."""

import json
from pathlib import Path
from typing import Any

import pytest

from fpf.abort import Abort
from fpf.scripted import Scripts
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure
from tests.fpf.builders import a_request

Outcome = LlmAnswer | LlmFailure


class Play:
    """Calls to one script, one after the other."""

    def __init__(self, path: Path, content: Any) -> None:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        self.path = path
        self._scripts = Scripts()

    async def call(self, **changes: Any) -> Outcome:
        request = a_request(**{"provider": "scripted", "model": "any"} | changes)
        return await self._scripts.play(request, {"SCRIPTED_FILE": str(self.path)}, Abort())

    async def texts(self, number: int, **changes: Any) -> list[str]:
        outcomes = [await self.call(**changes) for _ in range(number)]
        return [outcome.text if isinstance(outcome, LlmAnswer) else outcome.kind.value for outcome in outcomes]


async def test_steps_come_in_turn_and_again_from_the_first(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"steps": [{"text": "one"}, {"fail": "server"}, {"json": {"a": 1}}]})
    assert await play.texts(4) == ["one", "server", '{"a":1}', "one"]


async def test_then_last_stays_at_the_last_step(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"rules": [{"then": "last", "steps": [{"fail": "timeout"}, {"text": "ok"}]}]})
    assert await play.texts(4) == ["timeout", "ok", "ok", "ok"]


async def test_the_first_rule_that_fits_prompt_and_model_takes_the_call(tmp_path: Path) -> None:
    play = Play(
        tmp_path / "s.yaml",
        """
        rules:
          - {match: Rivers, model: judge, steps: [{text: river judge}]}
          - {match: Rivers, steps: [{text: river}]}
          - {steps: [{text: other}]}
        """,
    )
    assert await play.texts(1, model="judge") == ["river judge"]
    assert await play.texts(1) == ["river"]
    assert await play.texts(1, document="Hills stand.") == ["other"]


async def test_a_failure_carries_what_the_step_says(tmp_path: Path) -> None:
    step = {"fail": "rate_limited", "message": "slow", "status": 429, "retry_after_s": 2, "sent": "maybe"}
    outcome = await Play(tmp_path / "s.json", {"steps": [step]}).call()
    assert outcome == LlmFailure(
        kind=FailureKind.RATE_LIMITED, message="slow", sent="maybe", status=429, retry_after_s=2.0
    )


async def test_a_refused_connection_was_not_sent_unless_the_step_says_so(tmp_path: Path) -> None:
    outcome = await Play(tmp_path / "s.json", {"steps": [{"fail": "connection"}]}).call()
    assert isinstance(outcome, LlmFailure)
    assert outcome.sent == "no"


async def test_usage_is_as_written(tmp_path: Path) -> None:
    step = {"text": "x", "usage": {"input_tokens": 5, "output_tokens": 2}}
    assert await Play(tmp_path / "s.json", {"steps": [step]}).call() == LlmAnswer(
        text="x", duration_s=0.0, input_tokens=5, output_tokens=2
    )


async def test_a_delay_longer_than_the_timeout_is_a_timeout(tmp_path: Path) -> None:
    outcome = await Play(tmp_path / "s.json", {"steps": [{"text": "late", "delay_s": 60}]}).call(timeout_s=0.05)
    assert isinstance(outcome, LlmFailure)
    assert (outcome.kind, outcome.sent) == (FailureKind.TIMEOUT, "maybe")


async def test_the_model_may_name_the_file(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"steps": [{"text": "from the variable"}]})
    other = tmp_path / "o.yml"
    other.write_text("steps: [{text: from the model}]", encoding="utf-8")
    assert await play.texts(1, model=str(other)) == ["from the model"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"steps": []}',
        '{"steps": [{}]}',
        '{"steps": [{"text": "a", "fail": "server"}]}',
        '{"steps": [{"fail": "tired"}]}',
        '{"steps": [{"text": "a", "dealy_s": 1}]}',
        '{"rules": [{"steps": []}]}',
        '{"rules": [{"match": "nowhere in the prompt", "steps": [{"text": "a"}]}]}',
    ],
)
async def test_a_script_that_is_none_is_a_bad_request_that_names_it(tmp_path: Path, content: str) -> None:
    outcome = await Play(tmp_path / "broken.json", content).call()
    assert isinstance(outcome, LlmFailure)
    assert (outcome.kind, outcome.sent) == (FailureKind.BAD_REQUEST, "no")
    assert "broken.json" in outcome.message


async def test_no_script_at_all_says_what_to_do(tmp_path: Path) -> None:
    request = a_request(provider="scripted", model="any")
    for environ in ({}, {"SCRIPTED_FILE": str(tmp_path / "gone.json")}):
        outcome = await Scripts().play(request, environ, Abort())
        assert isinstance(outcome, LlmFailure)
        assert outcome.kind is FailureKind.BAD_REQUEST
