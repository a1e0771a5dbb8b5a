"""Whether an answer is one: the size rule, the JSON rule, and no empty answer ever."""

import re
from typing import Any

import msgspec

from shared.failures import FailureKind
from shared.llm_call import LlmAnswer, LlmFailure, LlmRequest

_FENCED = re.compile(r"```(?:json)?[ \t]*\r?\n(.*?)\r?\n?```", re.DOTALL | re.IGNORECASE)


def accept(answer: LlmAnswer, request: LlmRequest) -> LlmAnswer | LlmFailure:
    """The answer, or why it is refused. An answer asked for as JSON comes back without the fence around it.

    With JSON the size rule is off: a short verdict is a whole one. A reply in the provider's own words is for the
    program that asked to judge.
    """
    if request.passthrough is not None:
        return answer
    if request.json:
        found = json_object_text(answer.text)
        if found is None:
            return _refuse(answer, FailureKind.INVALID_JSON, _not_json(answer.text))
        return answer if found == answer.text else msgspec.structs.replace(answer, text=found)
    if not answer.text.strip():
        return _refuse(answer, FailureKind.OUTPUT_TOO_SMALL, "the answer is empty")
    size_bytes = len(answer.text.encode())
    if size_bytes < request.min_bytes:
        message = f"the answer has {size_bytes} bytes, the least accepted is {request.min_bytes}"
        return _refuse(answer, FailureKind.OUTPUT_TOO_SMALL, message)
    return answer


def json_object_text(text: str) -> str | None:
    """The JSON object in ``text``, which may stand in a Markdown fence; ``None`` where there is no such object."""
    bare = text.strip()
    fenced = _FENCED.fullmatch(bare)
    if fenced is not None:
        bare = fenced[1].strip()
    if not bare.startswith("{"):
        return None
    try:
        value: Any = msgspec.json.decode(bare)
    except (msgspec.DecodeError, RecursionError):
        return None
    return bare if isinstance(value, dict) else None


def _not_json(text: str) -> str:
    return "the answer is not a JSON object" if text.strip() else "the answer is empty, a JSON object was asked for"


def _refuse(answer: LlmAnswer, kind: FailureKind, message: str) -> LlmFailure:
    return LlmFailure(
        kind=kind,
        message=message,
        sent="yes",
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cached_tokens=answer.cached_tokens,
        written_tokens=answer.written_tokens,
        cost_usd=answer.cost_usd,
        billed_apart=answer.billed_apart,
        text=answer.text,
    )
