"""The ``fpf`` command line: what was typed becomes one of three things to do.

argparse, not typer: a call alone in a process should not spend more on its command line than on itself.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from fpf.options import (
    AskOptions,
    LocalServerOptions,
    api,
    ask_options,
    from_environment,
    json_mode,
    local_server_options,
    reasoning_effort,
    seconds,
    share,
    stop_texts,
    switch,
    temperature,
    whole_number,
)
from fpf.usage_mistake import UsageMistake

ABOUT = "Ask one LLM about one document: one provider request, one answer, no second try."

MORE = """\
other commands:
  fpf worker         many calls in one process, as JSON lines on stdin and stdout
  fpf local-server   serve the embedded model on loopback; see fpf local-server --help

providers:
  local        the embedded model smollm2-135m; needs nothing
  openai       OPENAI_API_KEY, and OPENAI_BASE_URL for another address
  anthropic    ANTHROPIC_API_KEY, and ANTHROPIC_BASE_URL
  google       GEMINI_API_KEY, and GEMINI_BASE_URL
  openrouter   OPENROUTER_API_KEY, and OPENROUTER_BASE_URL
  scripted     answers from a file: SCRIPTED_FILE, or the file's name as --model; SCRIPTED_LOG counts the calls
  any other    an OpenAI-compatible endpoint: provider mylab reads MYLAB_BASE_URL and, if set, MYLAB_API_KEY

A setting the provider or the model cannot honour is refused before anything is sent, never dropped.
Each option is also an environment variable: FPF_PROVIDER, FPF_MIN_BYTES, ... Keys come from the environment only.

exit codes: 0 ok, 64 wrong use or bad request, 65 answer refused, 69 provider broken or not reached, 70 internal,
75 rate limited or timed out (try again), 77 key or quota
"""

_ASK: tuple[tuple[str, str | None, Callable[[str], Any], str], ...] = (
    ("file-a", "DOC", Path, "the document"),
    ("file-b", "INSTRUCTIONS", Path, "what to do with it; prompt = instructions, blank line, document"),
    ("out", "FILE", Path, "where the answer goes, whole or not at all (default: stdout)"),
    ("provider", "P", str, "whom to ask"),
    ("model", "M", str, "which model"),
    ("template", "FILE", Path, "the prompt, with {{instructions}} and {{document}} where they belong"),
    ("json", None, switch, "the answer must be a JSON object; the size rule is off"),
    ("json-schema", "FILE", Path, "the JSON Schema to hold the answer to"),
    ("json-mode", "MODE", json_mode, "how the model is held to JSON: schema (default), object, prompt"),
    ("min-bytes", "N", whole_number(0), "refuse a shorter answer (default 3072, 0 = off)"),
    ("temperature", "T", temperature, "sampling temperature (default: the provider's)"),
    ("max-completion-tokens", "N", whole_number(1), "the longest answer, in tokens"),
    ("top-p", "P", share, "sample from this share of the likeliest tokens"),
    ("seed", "N", whole_number(0, 2**31 - 1), "the same seed, the same answer, as far as the provider can"),
    ("stop", "TEXT", stop_texts, "end the answer before this text; give it again for more, or a JSON list"),
    ("reasoning-effort", "E", reasoning_effort, "none, minimal, low, medium, high or xhigh"),
    ("api", "A", api, "which of OpenAI's interfaces: chat (default) or responses"),
    ("timeout", "S", seconds, "seconds for the whole request (default 600)"),
    ("verbose", None, switch, "say on stderr what happens"),
)
_LOCAL_SERVER: tuple[tuple[str, str | None, Callable[[str], Any], str], ...] = (
    ("port", "N", whole_number(0, 65535), "the port on 127.0.0.1 (default 0: a free one)"),
    ("threads", "N", whole_number(1, 1024), "threads to compute with (default: the cores but one)"),
    ("slots", "N", whole_number(1, 64), "calls computed at the same time, 4,096 tokens each (default 4)"),
)


class Worker(NamedTuple):
    """``fpf worker``, which has no options."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageMistake(message.removeprefix("argument "))


def parse(arguments: Sequence[str], environ: Mapping[str, str]) -> AskOptions | LocalServerOptions | Worker:
    """What to do; raises ``UsageMistake``, and ``SystemExit`` after ``--help`` or ``--version`` was answered."""
    if arguments[:1] == ["worker"]:
        about = "Make many calls in one process, as JSON lines on standard input and output."
        _Parser(prog="fpf worker", description=about).parse_args(arguments[1:])
        return Worker()
    if arguments[:1] == ["local-server"]:
        about = "Serve the embedded model on loopback, OpenAI-compatible, until standard input ends."
        parser = _Parser(prog="fpf local-server", description=about, allow_abbrev=False)
        return local_server_options(_given(parser, _LOCAL_SERVER, arguments[1:], environ, "FPF_LOCAL_SERVER"))
    parser = _Parser(
        prog="fpf",
        description=ABOUT,
        epilog=MORE,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"fpf {version('acm2')}")
    return ask_options(_given(parser, _ASK, arguments, environ, "FPF"))


def _given(
    parser: argparse.ArgumentParser,
    options: tuple[tuple[str, str | None, Callable[[str], Any], str], ...],
    arguments: Sequence[str],
    environ: Mapping[str, str],
    prefix: str,
) -> dict[str, Any]:
    converters = []
    for name, shown, convert, about in options:
        if shown is None:
            parser.add_argument(f"--{name}", action="store_true", default=None, help=about)
        elif convert is stop_texts:
            parser.add_argument(f"--{name}", metavar=shown, action="extend", type=convert, help=about)
        else:
            parser.add_argument(f"--{name}", metavar=shown, type=convert, help=about)
        attribute = name.replace("-", "_")
        converters.append((attribute, f"{prefix}_{attribute.upper()}", convert))
    return from_environment(vars(parser.parse_args(arguments)), environ, converters)
