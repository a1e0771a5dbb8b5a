"""The ``scripted`` provider: answers, delays and failures from a file, without any network.

The file is named by the model where that ends in .json, .yaml or .yml, else by ``SCRIPTED_FILE``; ``fpf.script`` says
what is in it. With ``SCRIPTED_LOG`` every call is appended to that file as one JSON line, before its delay: the
provider's own count of its requests, over all processes.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import anyio
import msgspec

from fpf.abort import Abort
from fpf.refusal import bad_request
from fpf.script import Rule, Step, read_script
from fpf.scripted_reply import as_completion, embeddings, spoken_to
from fpf.scripted_verdict import preferred, scored
from shared.failures import FailureKind, Sent
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest
from shared.prompt import compose

MAX_COUNTED = 100_000
"""For how many prompts a process remembers how far it has come; the oldest is forgotten first."""

_SUFFIXES = (".json", ".yaml", ".yml")
_SENT: dict[FailureKind, Sent] = {FailureKind.CONNECTION: "no", FailureKind.WORKER_DIED: "maybe"}
_PLACEHOLDER = re.compile(r"\{\{(model|document|number)\}\}")

Counted = tuple[Path, int, str]
Stamp = tuple[int, int, int] | None
"""What tells that a file has changed: when, its size, and which file it is; None where there is none."""


class Scripts:
    """The scripts this process has read, and how far each rule has come. Keeps one entry for each file used.

    A file that has changed is read again, and its rules begin anew.
    """

    def __init__(self) -> None:
        self._read: dict[Path, tuple[Stamp, list[Rule]]] = {}
        self._played: dict[Counted, int] = {}

    async def play(self, request: LlmRequest, environ: Mapping[str, str], abort: Abort) -> LlmAnswer | LlmFailure:
        """The next step for this call, after its delay; a script that cannot be read is a ``bad_request``.

        A request in OpenAI's words gets its answer in that form; embeddings are made without the script.
        """
        asked = request.passthrough
        prompt = compose(request) if asked is None else spoken_to(request, asked)
        if asked is not None and asked.endpoint == "embeddings":
            return _log(environ, request, prompt, None, None) or embeddings(request, asked)
        found = self._next_step(request, prompt, environ)
        if isinstance(found, LlmFailure):
            return found
        step, number = found
        with abort.within(request.timeout_s):
            await anyio.sleep(step.delay_s)
            outcome = _outcome(step, request, prompt, number)
            return as_completion(outcome, request) if asked is not None and isinstance(outcome, LlmAnswer) else outcome
        return abort.failure("maybe")

    def _next_step(self, request: LlmRequest, prompt: str, environ: Mapping[str, str]) -> tuple[Step, int] | LlmFailure:
        """The step, and the call's number in its rule, from 1."""
        by_model = request.model if request.model.endswith(_SUFFIXES) else None
        name = by_model or environ.get("SCRIPTED_FILE", "").strip()
        if not name:
            return bad_request("provider scripted needs a script: set SCRIPTED_FILE, or name a file as the model")
        path = Path(name)
        rules = self._rules(path)
        if isinstance(rules, LlmFailure):
            return rules
        for position, rule in enumerate(rules):
            if rule.takes(request.model, prompt):
                by_prompt = f"{request.model} {_short(prompt)}" if rule.each == "prompt" else ""
                number = self._count((path, position, by_prompt))
                index = rule.step_index(number)
                return _log(environ, request, prompt, position, index) or (rule.steps[index], number + 1)
        return bad_request(f"no rule in the script {path.name} takes this call")

    def _rules(self, path: Path) -> list[Rule] | LlmFailure:
        # Looked at before it is read: what changes while it is read is seen the next time.
        stamp = _stamp(path)
        known = self._read.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        rules = read_script(path)
        if isinstance(rules, LlmFailure):
            return rules
        if known is not None:
            self._played = {counted: number for counted, number in self._played.items() if counted[0] != path}
        self._read[path] = (stamp, rules)
        return rules

    def _count(self, counted: Counted) -> int:
        """How often it was counted before."""
        number = self._played.pop(counted, 0)
        self._played[counted] = number + 1
        if len(self._played) > MAX_COUNTED:
            del self._played[next(iter(self._played))]
        return number


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _log(
    environ: Mapping[str, str], request: LlmRequest, prompt: str, rule: int | None, step: int | None
) -> LlmFailure | None:
    """Write that a request came in: which, never what it says. One write, so that lines of processes stay whole."""
    name = environ.get("SCRIPTED_LOG", "").strip()
    if not name:
        return None
    seen = {"pid": os.getpid(), "model": request.model, "rule": rule, "step": step, "prompt": _short(prompt)}
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(seen) + b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        return bad_request(f"SCRIPTED_LOG cannot be written: {error.strerror}")
    return None


def _short(prompt: str) -> str:
    return hashlib.sha256(prompt.encode(errors="surrogatepass")).hexdigest()[:16]


def _outcome(step: Step, request: LlmRequest, prompt: str, number: int) -> LlmAnswer | LlmFailure:
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
    text = _text(step, request, prompt, number)
    return text if isinstance(text, LlmFailure) else LlmAnswer(text=text, duration_s=0.0, **usage)


def _text(step: Step, request: LlmRequest, prompt: str, number: int) -> str | LlmFailure:
    if step.text is not None:
        known = {"model": request.model, "document": request.document, "number": str(number)}
        return _PLACEHOLDER.sub(lambda found: known[found[1]], step.text)
    value = step.json
    if step.prefer is not None:
        value = preferred(step.prefer, prompt)
    elif step.score is not None:
        value = scored(step.score, request.json_schema)
        if value is None:
            return bad_request("a step with a score needs a request whose schema names criteria")
    return msgspec.json.encode(value).decode()
