"""The files a call is made of, read whole and checked before anything is paid for."""

from pathlib import Path
from typing import Any

import msgspec

from fpf.options import AskOptions
from fpf.usage_mistake import UsageMistake
from shared.llm_call import LlmRequest

MAX_INPUT_BYTES = 32 * 1024 * 1024
"""The largest document or instructions; no model reads more."""


def read_request(options: AskOptions) -> LlmRequest:
    """The request these options stand for; raises ``UsageMistake`` that names the option of an unusable file."""
    return LlmRequest(
        provider=options.provider,
        model=options.model,
        instructions=_read("--file-b", options.file_b),
        document=_read("--file-a", options.file_a),
        timeout_s=options.timeout_s,
        template=None if options.template is None else _read("--template", options.template),
        json=options.json,
        json_mode=options.json_mode,
        json_schema=None if options.json_schema is None else _read_schema(options.json_schema),
        min_bytes=options.min_bytes,
        temperature=options.temperature,
        max_completion_tokens=options.max_completion_tokens,
        top_p=options.top_p,
        seed=options.seed,
        stop=options.stop,
        reasoning_effort=options.reasoning_effort,
        api=options.api,
    )


def _read(option: str, path: Path) -> str:
    try:
        if path.stat().st_size > MAX_INPUT_BYTES:
            raise UsageMistake(f"{option}: {path} is larger than {MAX_INPUT_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageMistake(f"{option}: {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageMistake(f"{option}: {path} is not UTF-8 text") from None
    if not text.strip():
        # A prompt without its document would be answered, and judged, all the same.
        raise UsageMistake(f"{option}: {path} is empty")
    return text


def _read_schema(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(_read("--json-schema", path), type=dict[str, Any])
    except msgspec.MsgspecError:
        raise UsageMistake(f"--json-schema: {path} is not a JSON object") from None
