"""What each option means: its text becomes a value, or a sentence says what would be right."""

import argparse
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec

from fpf.usage_mistake import UsageMistake
from shared.llm_call import DEFAULT_MIN_BYTES, Api, JsonMode, ReasoningEffort


@dataclass(frozen=True, slots=True)
class AskOptions:
    """The options of ``fpf`` itself; what was left out has its default."""

    file_a: Path
    file_b: Path
    out: Path | None
    provider: str
    model: str
    template: Path | None
    json: bool
    json_mode: JsonMode
    json_schema: Path | None
    min_bytes: int
    temperature: float | None
    max_completion_tokens: int | None
    top_p: float | None
    seed: int | None
    stop: list[str] | None
    reasoning_effort: ReasoningEffort | None
    api: Api | None
    timeout_s: float
    verbose: bool


@dataclass(frozen=True, slots=True)
class LocalServerOptions:
    """The options of ``fpf local-server``."""

    port: int
    threads: int
    slots: int


def seconds(text: str) -> float:
    """A length of time above 0."""
    value = _number(text)
    if value is None or value <= 0:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not '{text}'")
    return value


def temperature(text: str) -> float:
    """A sampling temperature."""
    value = _number(text)
    if value is None or value < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or a number above 0, not '{text}'")
    return value


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number between two bounds."""
    wanted = f"must be a whole number, {least} or more" if most is None else f"must be from {least} to {most}"

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{wanted}, not '{text}'")
        return value

    return convert


def share(text: str) -> float:
    """A part of the whole, above 0."""
    value = _number(text)
    if value is None or not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 1, not '{text}'")
    return value


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """One of these words."""
    wanted = f"must be {', '.join(names[:-1])} or {names[-1]}"

    def convert(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{wanted}, not '{text}'")
        return text

    return convert


json_mode = one_of(get_args(JsonMode))
reasoning_effort = one_of(get_args(ReasoningEffort))
api = one_of(get_args(Api))


def stop_texts(text: str) -> list[str]:
    """One text, or several as a JSON list: how else would a line's end be written?"""
    if not text.startswith("["):
        return [text]
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError:
        raise argparse.ArgumentTypeError(f"must be a text or a JSON list of texts, not '{text}'") from None


def switch(text: str) -> bool:
    """On or off, from an environment variable."""
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise argparse.ArgumentTypeError(f"must be 1 or 0, not '{text}'")


def ask_options(given: Mapping[str, Any]) -> AskOptions:
    """All options together; raises ``UsageMistake`` that names every one that is missing."""
    missing = [f"--{name.replace('_', '-')}" for name in ("file_a", "file_b", "provider", "model") if not given[name]]
    if missing:
        raise UsageMistake(f"missing: {', '.join(missing)}")
    if not given["json"] and (given["json_schema"] or given["json_mode"]):
        raise UsageMistake("--json-schema and --json-mode need --json")
    min_bytes = given["min_bytes"]
    return AskOptions(
        file_a=given["file_a"],
        file_b=given["file_b"],
        out=given["out"],
        provider=given["provider"],
        model=given["model"],
        template=given["template"],
        json=bool(given["json"]),
        json_mode=given["json_mode"] or "schema",
        json_schema=given["json_schema"],
        min_bytes=DEFAULT_MIN_BYTES if min_bytes is None else min_bytes,
        temperature=given["temperature"],
        max_completion_tokens=given["max_completion_tokens"],
        top_p=given["top_p"],
        seed=given["seed"],
        stop=given["stop"],
        reasoning_effort=given["reasoning_effort"],
        api=given["api"],
        timeout_s=given["timeout"] or 600.0,
        verbose=bool(given["verbose"]),
    )


def local_server_options(given: Mapping[str, Any]) -> LocalServerOptions:
    """The same for the model server: one core stays free, four calls at a time.

    llama.cpp's threads wait for each other at every layer. Where one of them has to share its core, all stand still:
    on two busy cores two threads were measured at 3 tokens a second, one at 38.
    """
    port, threads, slots = given["port"], given["threads"], given["slots"]
    return LocalServerOptions(port=port or 0, threads=threads or max(1, (os.cpu_count() or 1) - 1), slots=slots or 4)


def from_environment(
    given: Mapping[str, Any], environ: Mapping[str, str], converters: Sequence[tuple[str, str, Callable[[str], Any]]]
) -> dict[str, Any]:
    """``given``, with what was not given taken from the environment: (name, variable, converter) each."""
    settled = dict(given)
    for name, variable, convert in converters:
        text = environ.get(variable, "").strip()
        if settled[name] is not None or not text:
            continue
        try:
            settled[name] = convert(text)
        except argparse.ArgumentTypeError as error:
            raise UsageMistake(f"{variable} {error}") from None
    return settled


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
