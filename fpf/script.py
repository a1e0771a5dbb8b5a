"""A script of the ``scripted`` provider: who gets which answer, read from a JSON or YAML file.

    rules:                              # the first rule that matches takes the call
      - match: doc_2                    # a piece of the prompt, or a list: all of them; left out: any prompt
        unless: [Compare]               # a piece, or a list: none of them
        model: judge-b                  # a model's name, or a list: one of them; left out: any model
        then: last                      # after the last step: cycle (from the first again, the default) or last
        each: prompt                    # steps are counted for each prompt and model by itself (default: rule)
        steps:                          # one step a call, in turn, counted in each process by itself
          - {fail: rate_limited, retry_after_s: 1, status: 429}
          - {json: {winner: A, reason: shorter}, delay_s: 0.2}
      - match: [Compare]
        steps: [{prefer: [by m-large, by m-small]}]
      - steps: [{text: "{{number}} by {{model}}", usage: {input_tokens: 12, output_tokens: 3}}]

A file that is changed is read again at the next call, and its steps begin anew.

``steps`` alone, without ``rules``, is one rule for everything. A step has one of

- ``text``: the answer; ``{{model}}``, ``{{document}}`` and ``{{number}}`` (of the call, from 1) in it are replaced;
- ``json``: the answer as a JSON value;
- ``score``: a verdict with this score for each criterion the request's schema names;
- ``prefer``: a verdict on a pair: pieces of the two documents, the better one first, whichever is shown first;
- ``fail``: a failure kind; with ``message``, ``status``, ``retry_after_s`` and ``sent``, by default what fits it.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from fpf.refusal import bad_request
from shared.failures import FailureKind, Sent
from shared.llm_call import LlmFailure

MAX_SCRIPT_BYTES = 8 * 1024 * 1024

OneOrMore = str | list[str] | None


class ScriptedUsage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a step says it used."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one call gets."""

    text: str | None = None
    json: Any = msgspec.UNSET
    score: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None
    prefer: list[str] | None = None
    fail: FailureKind | None = None
    message: str | None = None
    status: int | None = None
    retry_after_s: float | None = None
    sent: Sent | None = None
    delay_s: float = 0.0
    usage: ScriptedUsage = ScriptedUsage()

    def __post_init__(self) -> None:
        given = [self.text, self.score, self.prefer, self.fail, None if self.json is msgspec.UNSET else "json"]
        if sum(value is not None for value in given) != 1:
            raise ValueError("a step has exactly one of text, json, score, prefer and fail")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which calls it takes, and what they get in turn."""

    steps: list[Step]
    match: OneOrMore = None
    unless: OneOrMore = None
    model: OneOrMore = None
    then: Literal["cycle", "last"] = "cycle"
    each: Literal["rule", "prompt"] = "rule"

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a rule has at least one step")

    def takes(self, model: str, prompt: str) -> bool:
        """Whether this rule is meant for that call."""
        return (
            (self.model is None or model in _listed(self.model))
            and all(piece in prompt for piece in _listed(self.match))
            and not any(piece in prompt for piece in _listed(self.unless))
        )

    def step_index(self, number: int) -> int:
        """Which step the call with that number gets, both counted from 0."""
        last = len(self.steps) - 1
        return min(number, last) if self.then == "last" else number % len(self.steps)


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """A file's content."""

    rules: list[Rule] = []
    steps: list[Step] = []

    def all_rules(self) -> list[Rule]:
        """The rules, with the short form as the last one."""
        return [*self.rules, Rule(self.steps)] if self.steps else self.rules


def read_script(path: Path) -> list[Rule] | LlmFailure:
    """The file's rules, at least one; a ``bad_request`` that names the file where it is no script."""
    try:
        if path.stat().st_size > MAX_SCRIPT_BYTES:
            return bad_request(f"the script {path.name} is larger than {MAX_SCRIPT_BYTES} bytes")
        content = path.read_bytes()
        decode = msgspec.json.decode if path.suffix == ".json" else msgspec.yaml.decode
        rules = decode(content, type=Script).all_rules()
    except OSError as error:
        return bad_request(f"the script {path.name} cannot be read: {error.strerror}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return bad_request(f"the script {path.name} is not one: {error}")
    return rules or bad_request(f"the script {path.name} has no steps")


def _listed(value: OneOrMore) -> list[str]:
    return [value] if isinstance(value, str) else value or []
