"""What the command says of itself, and what it takes to say it."""

import importlib
import inspect
import json
import subprocess
import sys
from typing import Any

import pytest
import typer

from services.cli.__main__ import run
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT
from services.cli.command_table import COMMANDS, load
from services.process import settings

WITHOUT_ENVIRONMENT = {"help", "port"}
"""``serve --port`` has two variables, one a service, which its help names."""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_list_is_the_first_line_of_the_help(name: str) -> None:
    function = getattr(importlib.import_module(f"services.cli.commands.{name}"), name)
    assert (inspect.getdoc(function) or "").splitlines()[0] == COMMANDS[name].line


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_and_an_environment_variable(name: str) -> None:
    for parameter in load(name).params:
        if parameter.param_type_name == "option" and parameter.name not in WITHOUT_ENVIRONMENT:
            assert str(parameter.envvar).startswith("ACM2_"), parameter.name
            assert getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert COMMANDS[name].line.split(":")[0][:40] in capsys.readouterr().out


def test_without_anything_it_is_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "acm2 demo" in capsys.readouterr().out


def loaded_by(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr))


def test_help_loads_no_client_and_no_service() -> None:
    loaded = loaded_by("from services.cli.__main__ import run\nrun(['--help'])")
    assert not {"httpx", "pydantic", "starlette", "sqlalchemy"} & loaded


def test_a_service_is_not_charged_for_the_other_or_for_tables() -> None:
    loaded = loaded_by("from services.cli.command_table import load\nload('serve')")
    assert not {"httpx", "rich.table", "services.cli.session", "services.executor", "services.telemetry"} & loaded


def test_the_default_places_are_the_services_own() -> None:
    assert (EXECUTOR_PORT, TELEMETRY_PORT) == (settings.EXECUTOR_PORT, settings.TELEMETRY_PORT)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["rnu"], "Did you mean 'run'"),
        (["run"], "PRESET"),
        (["runs", "--limit", "many"], "--limit"),
        (["watch", "--nope"], "--nope"),
        (["serve"], "SERVICE"),
        (["serve", "nothing"], "telemetry"),
        (["serve", "telemetry", "--telemetry-url", "http://127.0.0.1:1"], "for the executor"),
        (["runs", "--telemetry-url", "nowhere"], "absolute URL"),
        (["plan", "demo", "--set", "oops"], "KEY=VALUE"),
        (["watch", "a/b"], "no run id"),
        (["up", "--telemetry-port", "70000"], "--telemetry-port"),
    ],
)
def test_wrong_usage_is_64_and_names_what_is_wrong(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 64
    assert hint.lower() in capsys.readouterr().err.lower()


def test_a_wrong_environment_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACM2_TELEMETRY_PORT", "often")
    assert run(["up"]) == 64
    assert "ACM2_TELEMETRY_PORT" in capsys.readouterr().err


def test_completion_knows_the_commands() -> None:
    context: Any = typer.Context(typer.main.get_command(_group()))
    assert set(COMMANDS) <= set(context.command.list_commands(context))


def _group() -> typer.Typer:
    from_main = importlib.import_module("services.cli.__main__")
    app: typer.Typer = from_main._app()
    return app
