"""Answers from a file: in turn, by prompt and model, with delays and failures, and no network."""

import json
from pathlib import Path
from typing import Any

import pytest

from fpf.abort import Abort
from fpf.scripted import Scripts
from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, Passthrough
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


async def test_a_script_that_has_changed_is_read_again_and_begins_anew(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"steps": [{"text": "one"}, {"text": "two"}]})
    assert await play.texts(1) == ["one"]
    play.path.write_text(json.dumps({"steps": [{"text": "first"}, {"text": "second"}]}))
    assert await play.texts(2) == ["first", "second"]
    play.path.unlink()
    assert await play.texts(1) == ["bad_request"]


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


VERDICT_SCHEMA = {
    "type": "object",
    "properties": {"evaluations": {"items": {"properties": {"criterion": {"enum": ["Relevance", "Clarity"]}}}}},
}


async def test_a_rule_may_ask_for_several_pieces_and_shut_out_others(tmp_path: Path) -> None:
    rules = [
        {"match": ["Rivers", "water"], "unless": "Hills", "steps": [{"text": "both"}]},
        {"model": ["a", "b"], "steps": [{"text": "one of two"}]},
        {"steps": [{"text": "other"}]},
    ]
    play = Play(tmp_path / "s.json", {"rules": rules})
    assert await play.texts(1) == ["both"]
    assert await play.texts(1, document="Rivers.") == ["other"]
    assert await play.texts(1, document="Rivers carry water past Hills.", model="b") == ["one of two"]


async def test_an_answer_may_say_who_gave_it_about_what(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"steps": [{"text": "{{number}} by {{model}}: {{document}} {{other}}"}]})
    assert await play.texts(2, model="m", document="{{model}}") == [
        "1 by m: {{model}} {{other}}",
        "2 by m: {{model}} {{other}}",
    ]


async def test_steps_may_be_counted_for_each_prompt_by_itself(tmp_path: Path) -> None:
    rule = {"each": "prompt", "then": "last", "steps": [{"fail": "server"}, {"text": "ok"}]}
    play = Play(tmp_path / "s.json", {"rules": [rule]})
    assert await play.texts(1, document="one") == ["server"]
    assert await play.texts(1, document="two") == ["server"]
    assert await play.texts(2, document="one") == ["ok", "ok"]
    assert await play.texts(1, document="one", model="another") == ["server"]


@pytest.mark.parametrize(
    ("shown", "winner"),
    [
        ("A: by large. B: by small.", "A"),
        ("A: by small. B: by large.", "B"),
        ("A: by large. B: by nobody.", "tie"),
        ("A: by nobody. B: by nobody.", "tie"),
    ],
)
async def test_the_better_document_of_a_pair_wins_in_either_order(tmp_path: Path, shown: str, winner: str) -> None:
    play = Play(tmp_path / "s.json", {"steps": [{"prefer": ["by large", "by small"]}]})
    assert json.loads((await play.texts(1, document=shown))[0])["winner"] == winner


async def test_a_score_is_given_to_each_criterion_of_the_schema(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"steps": [{"score": 4}]})
    verdict = json.loads((await play.texts(1, json=True, json_schema=VERDICT_SCHEMA))[0])
    assert [(entry["criterion"], entry["score"]) for entry in verdict["evaluations"]] == [
        ("Relevance", 4),
        ("Clarity", 4),
    ]
    listed = {"prefixItems": [{"properties": {"criterion": {"const": "Tone"}}}]}
    schema = {"properties": {"evaluations": listed}}
    assert "Tone" in (await play.texts(1, json=True, json_schema=schema))[0]
    assert await play.texts(1) == ["bad_request"]


async def test_every_request_is_counted_in_a_file_that_holds_no_prompt(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    play = Play(tmp_path / "s.json", {"steps": [{"text": "a"}, {"fail": "server"}]})
    request = a_request(provider="scripted", model="m")
    scripts = Scripts()
    for _ in range(3):
        await scripts.play(request, {"SCRIPTED_FILE": str(play.path), "SCRIPTED_LOG": str(log)}, Abort())
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(line["model"], line["rule"], line["step"]) for line in lines] == [("m", 0, 0), ("m", 0, 1), ("m", 0, 0)]
    assert len({line["prompt"] for line in lines}) == 1
    assert "Rivers" not in log.read_text(encoding="utf-8")


async def test_a_count_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"steps": [{"text": "a"}]})
    environ = {"SCRIPTED_FILE": str(play.path), "SCRIPTED_LOG": str(tmp_path)}
    outcome = await Scripts().play(a_request(provider="scripted", model="m"), environ, Abort())
    assert isinstance(outcome, LlmFailure)
    assert "SCRIPTED_LOG" in outcome.message


async def test_a_program_that_speaks_openais_words_is_answered_in_them(tmp_path: Path) -> None:
    rules = [
        {"match": "Why", "steps": [{"text": "Because.", "usage": {"input_tokens": 5, "output_tokens": 2}}]},
        {"match": "When", "steps": [{"fail": "rate_limited"}]},
    ]
    play = Play(tmp_path / "s.json", {"rules": rules})

    def asked(content: Any) -> dict[str, Any]:
        body = {"messages": [{"role": "user", "content": content}]}
        passthrough = Passthrough(endpoint="chat/completions", body=body)
        return {"model": "m", "instructions": "", "document": "", "passthrough": passthrough}

    answer = await play.call(**asked([{"type": "text", "text": "Why?"}]))
    assert isinstance(answer, LlmAnswer)
    reply = json.loads(answer.text)
    assert reply["choices"][0]["message"]["content"] == "Because."
    assert (reply["model"], reply["usage"]["total_tokens"], answer.input_tokens) == ("m", 7, 5)
    assert await play.texts(1, **asked("When?")) == ["rate_limited"]


async def test_embeddings_are_the_same_for_the_same_text_and_need_no_rule(tmp_path: Path) -> None:
    play = Play(tmp_path / "s.json", {"rules": [{"match": "never", "steps": [{"text": "x"}]}]})
    body = {"input": ["one", "two", "one"]}
    answer = await play.call(passthrough=Passthrough(endpoint="embeddings", body=body))
    assert isinstance(answer, LlmAnswer)
    first, second, third = (entry["embedding"] for entry in json.loads(answer.text)["data"])
    assert first == third != second
    assert answer.output_tokens == 0
