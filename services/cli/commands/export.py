"""``acm2 export``: a run's judgements, or its report, for other programs and other people."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import executor_at
from services.cli.executors_run import executors_run
from services.cli.showing.consoles import consoles, print_json
from services.cli.whole_file import whole_file

_STDOUT = "-"


class Format(StrEnum):
    """What can be taken away."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    HTML = "html"


def export(
    *,
    run: options.Run = None,
    format_: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            envvar="ACM2_FORMAT",
            help="json: the results; ndjson, csv: a row for each judgement; html: a report with charts in one file.",
        ),
    ] = Format.JSON,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            envvar="ACM2_OUTPUT",
            show_default="stdout; for html RUN.html, here",
            help="Where to write it; - is stdout.",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", envvar="ACM2_JSON", help="Say what was written as JSON, where it is not stdout."),
    ] = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """Write a run's results as JSON, NDJSON, CSV, or a report in one HTML file.

    A file is there whole or not at all: it takes its name when its last byte is written.
    """
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    run_id, written = anyio.run(_export, where, run, format_, output)
    if written is None:
        return
    if json:
        print_json({"run_id": run_id, "format": format_, "file": str(written)})
    else:
        consoles().note(f"{written} is written")


async def _export(where: Addresses, typed: str | None, format_: Format, output: str | None) -> tuple[str, Path | None]:
    async with executor_at(where.executor) as executor:
        run_id = await executors_run(typed, executor, where.telemetry)
        path = _target(run_id, format_, output)
        with whole_file(path) as file:
            async for part in executor.export(run_id, format_):
                file.write(part)
        return run_id, path


def _target(run_id: str, format_: Format, output: str | None) -> Path | None:
    if output is not None:
        return None if output == _STDOUT else Path(output).expanduser()
    return Path(f"{run_id}.html") if format_ is Format.HTML else None
