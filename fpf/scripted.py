"""The ``scripted`` provider: answers, delays and failures from a file, without any network.

The file is JSON or YAML, named by the model where that ends in .json, .yaml or .yml, else by ``SCRIPTED_FILE``:

    rules:                              # the first rule that matches takes the call
      - match: doc_2                    # a piece of the prompt; left out: any prompt
        model: judge-b                  # a model's name; left out: any model
        then: last                      # after the last step: cycle (from the first again, the default) or last
        steps:                          # one step a call, in turn, counted in each process by itself
          - {fail: rate_limited, retry_after_s: 1, status: 429}
          - {json: {winner: A, reason: shorter}, delay_s: 0.2}
      - steps: [{text: Fine., usage: {input_tokens: 12, output_tokens: 3}}]

``steps`` alone, without ``rules``, is one rule for everything. A step has one of ``text``, ``json`` and ``fail`` (a
failure kind; with ``message``, ``status``, ``retry_after_s`` and ``sent``, by default what fits the kind).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import anyio
import msgspec

from fpf.abort import Abort
from fpf.prompt import compose
from fpf.refusal import bad_request
from shared.failures import FailureKind, Sent
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

MAX_SCRIPT_BYTES = 8 * 1024 * 1024
_SUFFIXES = (".json", ".yaml", ".yml")
_SENT: dict[FailureKind, Sent] = {FailureKind.CONNECTION: "no", FailureKind.WORKER_DIED: "maybe"}


class ScriptedUsage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tokens a step says it used."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one call gets."""

    text: str | None = None
    json: Any = msgspec.UNSET
    fail: FailureKind | None = None
    message: str | None = None
    status: int | None = None
    retry_after_s: float | None = None
    sent: Sent | None = None
    delay_s: float = 0.0
    usage: ScriptedUsage = ScriptedUsage()

    def __post_init__(self) -> None:
        given = (self.text is not None) + (self.json is not msgspec.UNSET) + (self.fail is not None)
        if given != 1:
            raise ValueError("a step has exactly one of text, json and fail")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which calls it takes, and what they get in turn."""

    steps: list[Step]
    match: str | None = None
    model: str | None = None
    then: Literal["cycle", "last"] = "cycle"

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a rule has at least one step")

    def takes(self, request: LlmRequest, prompt: str) -> bool:
        """Whether this rule is meant for that call."""
        return self.model in (None, request.model) and (self.match is None or self.match in prompt)

    def step(self, number: int) -> Step:
        """The step of the call with that number, counted from 0."""
        last = len(self.steps) - 1
        return self.steps[min(number, last) if self.then == "last" else number % len(self.steps)]


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """A file's content."""

    rules: list[Rule] = []
    steps: list[Step] = []

    def all_rules(self) -> list[Rule]:
        """The rules, with the short form as the last one."""
        return [*self.rules, Rule(self.steps)] if self.steps else self.rules


class Scripts:
    """The scripts this process has read, and how far each rule has come. Keeps one entry for each file used."""

    def __init__(self) -> None:
        self._rules: dict[Path, list[Rule]] = {}
        self._played: dict[tuple[Path, int], int] = {}

    async def play(self, request: LlmRequest, environ: Mapping[str, str], abort: Abort) -> LlmAnswer | LlmFailure:
        """The next step for this call, after its delay; a script that cannot be read is a ``bad_request``."""
        step = self._next_step(request, environ)
        if isinstance(step, LlmFailure):
            return step
        with abort.within(request.timeout_s):
            await anyio.sleep(step.delay_s)
            return _outcome(step)
        return abort.failure("maybe")

    def _next_step(self, request: LlmRequest, environ: Mapping[str, str]) -> Step | LlmFailure:
        by_model = request.model if request.model.endswith(_SUFFIXES) else None
        name = by_model or environ.get("SCRIPTED_FILE", "").strip()
        if not name:
            return bad_request("provider scripted needs a script: set SCRIPTED_FILE, or name a file as the model")
        path = Path(name)
        if path not in self._rules:
            rules = _read(path)
            if isinstance(rules, LlmFailure):
                return rules
            self._rules[path] = rules
        prompt = compose(request)
        for position, rule in enumerate(self._rules[path]):
            if rule.takes(request, prompt):
                number = self._played.get((path, position), 0)
                self._played[path, position] = number + 1
                return rule.step(number)
        return bad_request(f"no rule in the script {path.name} takes this call")


def _read(path: Path) -> list[Rule] | LlmFailure:
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


def _outcome(step: Step) -> LlmAnswer | LlmFailure:
    usage = msgspec.structs.asdict(step.usage)
    if step.fail is not None:
        return LlmFailure(
            kind=step.fail,
            message=step.message or f"scripted: {step.fail.value}",
            sent=step.sent or _SENT.get(step.fail, "yes"),
            status=step.status,
            retry_after_s=step.retry_after_s,
            **usage,
        )
    text = step.text if step.text is not None else msgspec.json.encode(step.json).decode()
    return LlmAnswer(text=text, duration_s=0.0, **usage)
