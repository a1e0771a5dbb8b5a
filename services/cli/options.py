"""The options commands share, each also an environment variable; said once, so that they mean the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT

Json = Annotated[bool, typer.Option("--json", envvar="ACM2_JSON", help="Print JSON, for programs.")]

ExecutorUrl = Annotated[
    str | None,
    typer.Option(
        envvar="ACM2_EXECUTOR_URL",
        show_default=f"http://127.0.0.1:{EXECUTOR_PORT}",
        help="Where the executor is.",
    ),
]
TelemetryUrl = Annotated[
    str | None,
    typer.Option(
        envvar="ACM2_TELEMETRY_URL",
        show_default=f"http://127.0.0.1:{TELEMETRY_PORT}",
        help="Where telemetry is.",
    ),
]
ExecutorPort = Annotated[
    int,
    typer.Option(
        envvar="ACM2_EXECUTOR_PORT", min=0, max=65535, help="The executor's port on this machine (0: any free one)."
    ),
]
TelemetryPort = Annotated[
    int,
    typer.Option(
        envvar="ACM2_TELEMETRY_PORT", min=0, max=65535, help="Telemetry's port on this machine (0: any free one)."
    ),
]
Host = Annotated[str, typer.Option(envvar="ACM2_HOST", help="The address to listen on.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        envvar="ACM2_DATA_DIR",
        file_okay=False,
        show_default="the user's data folder",
        help="Where the services keep their data.",
    ),
]
MinFree = Annotated[
    str | None,
    typer.Option(
        envvar="ACM2_MIN_FREE",
        show_default="256MiB",
        help="Telemetry: with less room than this on its disk no event is taken; 0: never refused.",
    ),
]
Patience = Annotated[
    float,
    typer.Option(
        envvar="ACM2_PATIENCE",
        min=0,
        help="Seconds to bear an interrupted run without a sign of life before it is given up (exit code 6).",
    ),
]
Run = Annotated[
    str | None,
    typer.Argument(metavar="[RUN]", show_default="the newest run", help="The run's id, or enough of its beginning."),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or enough of its beginning.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        envvar="ACM2_SET",
        show_default=False,
        help="Change one setting of the preset, like limits.max_cost_usd=2; may be given several times.",
    ),
]
Preset = Annotated[str, typer.Argument(metavar="PRESET", help="A preset's name, or the path of a preset file.")]
OptionalPreset = Annotated[
    str | None,
    typer.Argument(
        metavar="[PRESET]",
        show_default=False,
        help="A preset's name, or the path of a preset file; may be left out with --documents-from.",
    ),
]
DocumentsFrom = Annotated[
    str | None,
    typer.Option(
        "--documents-from",
        metavar="RUN",
        envvar="ACM2_DOCUMENTS_FROM",
        show_default=False,
        help="Judge the documents of this run again, as a new run; without PRESET by that run's own settings.",
    ),
]
Documents = Annotated[
    list[str] | None,
    typer.Option(
        "--document",
        metavar="DOC",
        envvar="ACM2_DOCUMENT",
        show_default=False,
        help="With --documents-from: only this document; may be given several times.",
    ),
]
