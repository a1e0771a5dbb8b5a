"""``acm2 documents``: what a run made, and what it was made of."""

import sys
from http import HTTPStatus
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, Addresses, addresses
from services.cli.clients.executor_client import ExecutorClient, Json, executor_at
from services.cli.errors import Refused, WrongUsage
from services.cli.executors_run import executors_run
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.document_table import document_table, listed_documents
from services.cli.showing.phrases import harmless

_MAKING = ("generation", "combine")
_PAGE = 500
_NAMED = 20


def documents(
    *,
    run: options.Run = None,
    document: Annotated[
        str | None,
        typer.Argument(
            metavar="[DOC]",
            show_default="a list of the run's documents",
            help="The document's id, as the list names it, or enough of its beginning.",
        ),
    ] = None,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
) -> None:
    """List the documents of a run, or print one: generated, combined, or the input itself."""
    where = addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port)
    if document is not None:
        name, text = anyio.run(_text, where, run, document)
        if json:
            print_json({"document": name, "text": text})
            return
        # In a pipe it is the document byte for byte; on a terminal a model's text must not steer it.
        sys.stdout.write(harmless(text) if sys.stdout.isatty() else text)
        if not text.endswith("\n"):
            sys.stdout.write("\n")
        return
    listed = anyio.run(_list, where, run)
    if json:
        print_json(listed)
    else:
        consoles().listed(document_table(listed))


async def _list(where: Addresses, typed: str | None) -> list[Json]:
    async with executor_at(where.executor) as executor:
        return await _documents(executor, await executors_run(typed, executor, where.telemetry))


async def _text(where: Addresses, typed: str | None, document: str) -> tuple[str, str]:
    async with executor_at(where.executor) as executor:
        run_id = await executors_run(typed, executor, where.telemetry)
        try:
            return document, await executor.document(run_id, document)
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            name = _meant(document, await _documents(executor, run_id), error)
            return name, await executor.document(run_id, name)


async def _documents(executor: ExecutorClient, run_id: str) -> list[Json]:
    """The run's inputs and everything it was to make of them, in the order of its plan."""
    run = await executor.run(run_id)
    calls: list[Json] = []
    for phase in _MAKING:
        if phase not in {row.get("phase") for row in (run.get("stats") or {}).get("by_phase") or []}:
            continue
        after: int | None = 0
        while after is not None:
            page = await executor.calls(run_id, {"phase": phase, "limit": str(_PAGE), "after": str(after)})
            calls += page["calls"]
            after = page["after"]
    return listed_documents((run.get("config") or {}).get("documents") or [], calls)


def _meant(typed: str, listed: list[Json], unknown: Refused) -> str:
    """The one document whose id begins so; raises ``WrongUsage`` where there is none or more, the refusal for one
    that is not made."""
    names = [str(row["document"]) for row in listed]
    if typed in names:
        raise unknown
    matches = [name for name in names if name.startswith(typed)]
    if len(matches) == 1:
        return matches[0]
    problem = (
        f"{typed!r} fits {len(matches)} documents, type more of it" if matches else f"there is no document {typed!r}"
    )
    shown = "".join(f"\n  {name}" for name in (matches or names)[:_NAMED])
    raise WrongUsage(f"{problem}; the run has:{shown}")
