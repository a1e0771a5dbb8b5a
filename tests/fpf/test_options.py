"""The command line: every mistake is named, every option is a variable too."""

from pathlib import Path
from typing import Any

import pytest

from fpf.cli import Worker, parse
from fpf.options import AskOptions, LocalServerOptions
from fpf.usage_mistake import UsageMistake

ENOUGH = ["--file-a", "d.md", "--file-b", "i.md", "--provider", "local", "--model", "m"]


def mistake(arguments: list[str], environ: dict[str, str] | None = None) -> str:
    with pytest.raises(UsageMistake) as caught:
        parse(arguments, environ or {})
    return str(caught.value)


def test_what_is_left_out_has_its_default() -> None:
    assert parse(ENOUGH, {}) == AskOptions(
        file_a=Path("d.md"),
        file_b=Path("i.md"),
        out=None,
        provider="local",
        model="m",
        template=None,
        json=False,
        json_mode="schema",
        json_schema=None,
        min_bytes=3072,
        temperature=None,
        max_completion_tokens=None,
        top_p=None,
        seed=None,
        stop=None,
        reasoning_effort=None,
        api=None,
        timeout_s=600.0,
        verbose=False,
    )


def test_everything_missing_is_named_at_once() -> None:
    assert mistake(["--json"]) == "missing: --file-a, --file-b, --provider, --model"


def test_a_variable_stands_in_for_an_option_and_the_option_wins() -> None:
    environ = {"FPF_MIN_BYTES": "7", "FPF_JSON": "1", "FPF_TIMEOUT": "9", "FPF_MODEL": "other", "FPF_TEMPERATURE": ""}
    options = parse([*ENOUGH, "--timeout", "2.5"], environ)
    assert isinstance(options, AskOptions)
    assert (options.min_bytes, options.json, options.timeout_s, options.model) == (7, True, 2.5, "m")


def test_a_limit_of_nothing_is_not_a_limit_left_out() -> None:
    options = parse([*ENOUGH, "--min-bytes", "0", "--temperature", "0"], {"FPF_MIN_BYTES": "9"})
    assert isinstance(options, AskOptions)
    assert (options.min_bytes, options.temperature) == (0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--timeout", "abc"], "--timeout: must be a number of seconds above 0, not 'abc'"),
        (["--timeout", "0"], "--timeout: must be"),
        (["--timeout", "inf"], "--timeout: must be"),
        (["--min-bytes", "-5"], "--min-bytes: must be a whole number, 0 or more, not '-5'"),
        (["--min-bytes", "1.5"], "--min-bytes: must be a whole number"),
        (["--temperature", "warm"], "--temperature: must be 0 or a number above 0, not 'warm'"),
        (["--max-completion-tokens", "0"], "--max-completion-tokens: must be a whole number, 1 or more"),
        (["--json-mode", "loose", "--json"], "--json-mode: must be schema, object or prompt"),
        (["--json-mode", "prompt"], "need --json"),
        (["--top-p", "0"], "--top-p: must be above 0 and at most 1, not '0'"),
        (["--top-p", "nan"], "--top-p: must be"),
        (["--seed", "-1"], "--seed: must be from 0 to 2147483647, not '-1'"),
        (["--stop", '["a", 1]'], "--stop: must be a text or a JSON list of texts"),
        (["--reasoning-effort", "max"], "--reasoning-effort: must be none, minimal, low, medium, high or xhigh"),
        (["--api", "batch"], "--api: must be chat or responses, not 'batch'"),
        (["--mode", "x"], "--mode"),
        (["--prov", "x"], "--prov"),
        (["--out"], "--out"),
        (["stray"], "stray"),
    ],
)
def test_a_mistake_names_its_option(arguments: list[str], words: str) -> None:
    assert words in mistake([*ENOUGH, *arguments])


def test_stop_may_be_given_more_than_once_or_as_a_list() -> None:
    given = parse([*ENOUGH, "--stop", "END", "--stop", '["\\n\\n", "###"]'], {"FPF_STOP": "other"})
    assert isinstance(given, AskOptions)
    assert given.stop == ["END", "\n\n", "###"]


def test_every_setting_is_a_variable_too() -> None:
    environ = {
        "FPF_TOP_P": "0.9",
        "FPF_SEED": "7",
        "FPF_STOP": "END",
        "FPF_REASONING_EFFORT": "low",
        "FPF_API": "responses",
    }
    options = parse(ENOUGH, environ)
    assert isinstance(options, AskOptions)
    assert (options.top_p, options.seed, options.stop) == (0.9, 7, ["END"])
    assert (options.reasoning_effort, options.api) == ("low", "responses")


def test_a_mistake_in_a_variable_names_the_variable() -> None:
    assert mistake(ENOUGH, {"FPF_TIMEOUT": "-1"}) == "FPF_TIMEOUT must be a number of seconds above 0, not '-1'"
    assert mistake(ENOUGH, {"FPF_JSON": "perhaps"}) == "FPF_JSON must be 1 or 0, not 'perhaps'"


def test_the_other_commands_have_their_own_options() -> None:
    assert parse(["worker"], {}) == Worker()
    served = parse(["local-server", "--port", "4000"], {"FPF_LOCAL_SERVER_THREADS": "3"})
    assert served == LocalServerOptions(port=4000, threads=3, slots=4)
    assert "--port: must be from 0 to 65535" in mistake(["local-server", "--port", "70000"])
    assert "--fast" in mistake(["worker", "--fast"])


@pytest.mark.parametrize("arguments", [["--help"], ["worker", "--help"], ["local-server", "--help"], ["--version"]])
def test_help_is_a_result(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments, {})
    assert ended.value.code == 0
    assert "fpf" in capsys.readouterr().out
