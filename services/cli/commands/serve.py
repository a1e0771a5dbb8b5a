"""``acm2 serve``: one service, in this process; for containers and production."""

import importlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from services.cli import options
from services.cli.errors import WrongUsage
from services.cli.processes.port_holder import is_taken, port_taken
from services.cli.processes.spoken import SPOKEN
from services.process.settings import OpenHostError

_ONLY = {
    "telemetry_url": "executor",
    "presets_dir": "executor",
    "documents_dir": "executor",
    "workers": "executor",
    "auto_resume": "executor",
    "min_free": "telemetry",
}
"""The options that are one service's only."""


class Service(StrEnum):
    """The services there are."""

    telemetry = "telemetry"
    executor = "executor"


def serve(
    context: typer.Context,
    service: Annotated[Service, typer.Argument(help="Which one.")],
    *,
    host: Annotated[
        str | None, typer.Option(envvar="ACM2_HOST", show_default="127.0.0.1", help="The address to listen on.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            show_default="telemetry 8003, executor 8002",
            help="The port to listen on, 0 for any free one. Environment: ACM2_TELEMETRY_PORT, ACM2_EXECUTOR_PORT.",
        ),
    ] = None,
    data_dir: options.DataDir = None,
    telemetry_url: Annotated[
        str | None,
        typer.Option(
            envvar="ACM2_TELEMETRY_URL",
            show_default="telemetry's default place on this machine",
            help="Executor only: where its events go.",
        ),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(envvar="ACM2_PUBLIC_URL", help="The executor's address as browsers see it.")
    ] = None,
    telemetry_public_url: Annotated[
        str | None, typer.Option(envvar="ACM2_TELEMETRY_PUBLIC_URL", help="Telemetry's address as browsers see it.")
    ] = None,
    allowed_hosts: Annotated[
        str | None,
        typer.Option(envvar="ACM2_ALLOWED_HOSTS", help="Further host names to answer to, with commas between."),
    ] = None,
    cors_origins: Annotated[
        str | None,
        typer.Option(envvar="ACM2_CORS_ORIGINS", help="Origins whose pages may read, with commas between."),
    ] = None,
    presets_dir: Annotated[
        Path | None,
        typer.Option(envvar="ACM2_PRESETS_DIR", file_okay=False, help="Executor only: your own presets."),
    ] = None,
    documents_dir: Annotated[
        Path | None,
        typer.Option(
            envvar="ACM2_DOCUMENTS_DIR",
            file_okay=False,
            help="Executor only: the folder whose files a config sent over HTTP may name.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(envvar="ACM2_WORKERS", min=1, help="Executor only: how many processes make the requests."),
    ] = None,
    auto_resume: Annotated[
        str | None,
        typer.Option(
            envvar="ACM2_AUTO_RESUME",
            show_default="15m",
            help="Executor only: how long ago a run may have been interrupted to go on by itself at the start, "
            "like 90s, 15m or 2h; 0 for never.",
        ),
    ] = None,
    min_free: options.MinFree = None,
    insecure: Annotated[
        bool | None,
        typer.Option(
            "--insecure", envvar="ACM2_INSECURE", help="Let other machines reach a host that is not loopback."
        ),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(envvar="ACM2_LOG_LEVEL", show_default="warning", help="debug, info, warning or error.")
    ] = None,
) -> int:
    """Run one service in this process: telemetry or executor."""
    for name, its in _ONLY.items():
        source = context.get_parameter_source(name)
        if its != service and source is not None and source.name == "COMMANDLINE":
            raise WrongUsage(f"--{name.replace('_', '-')} is for {SPOKEN[its]}, not for {SPOKEN[service]}")
    given = {
        "host": host,
        f"{service}_port": port,
        "data_dir": data_dir,
        "telemetry_url": telemetry_url,
        "public_url": public_url,
        "telemetry_public_url": telemetry_public_url,
        "allowed_hosts": allowed_hosts,
        "cors_origins": cors_origins,
        "presets_dir": presets_dir,
        "documents_dir": documents_dir,
        "workers": workers,
        "auto_resume": auto_resume,
        "min_free": min_free,
        "insecure": insecure,
        "log_level": log_level,
    }
    return start(service, {name: value for name, value in given.items() if value is not None})


def start(service: Service, given: dict[str, Any]) -> int:
    """Run the service with these settings, the environment and the defaults; returns its exit code.

    Raises ``WrongUsage`` with every wrong setting at once.
    """
    # One service must not cost the start of the other: only the one that is asked for is imported.
    config_module = importlib.import_module(f"services.{service}.config")
    entry = importlib.import_module(f"services.{service}.__main__")
    try:
        config = config_module.Config(**given)
        config.check_host()
        if is_taken(config.host, config.port):
            raise port_taken(SPOKEN[service], config.port, f"--port (or ACM2_{service.upper()}_PORT)")
    except ValidationError as error:
        raise WrongUsage("\n".join(_mistake(service, found) for found in error.errors(include_url=False))) from error
    except OpenHostError as error:
        raise WrongUsage(str(error)) from error
    code: int = entry.run(config)
    return code


def _mistake(service: Service, found: Any) -> str:
    name = str(found["loc"][0]) if found["loc"] else ""
    option = "port" if name == f"{service}_port" else name.replace("_", "-")
    return f"--{option} (ACM2_{name.upper()}): {found['msg'].removeprefix('Value error, ')}, not {found['input']!r}"
