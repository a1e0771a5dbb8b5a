"""``acm2 prune``: runs that are over and old, deleted with everything they made."""

import sys
import time
from typing import Annotated

import anyio
import typer

from services.cli import options
from services.cli.clients.addresses import EXECUTOR_PORT, addresses
from services.cli.clients.executor_client import ExecutorClient, Json, executor_at
from services.cli.duration_text import duration
from services.cli.errors import Refused, WrongUsage
from services.cli.interrupts import interrupts
from services.cli.prunable import prunable
from services.cli.showing.consoles import Consoles, consoles, print_json
from services.cli.showing.run_table import run_table
from services.cli.typed_answer import typed_yes
from services.process.exit_codes import OK, UNREACHABLE

_PAGE = 200
_MS_PER_S = 1000


def prune(
    *,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            envvar="ACM2_OLDER_THAN",
            show_default=False,
            help="Only runs that ended longer ago than this, like 30d or 12h.",
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            envvar="ACM2_KEEP", min=0, show_default=False, help="Keep the newest so many of those that are over."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="ACM2_DRY_RUN", help="Only say which runs would be deleted.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", envvar="ACM2_YES", help="Delete them without a question.")
    ] = False,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
) -> int:
    """Delete old runs with everything they made, here and at telemetry.

    Only the executor's own runs, and only those that are over: completed, failed, cancelled. What other programs post
    to telemetry stays; delete it with rm. Without a terminal nobody can be asked, so --yes is needed there. Exit code:
    0 done, or nothing to do; 64 wrong usage, or not agreed to; 69 the executor cannot be reached, or a run stayed.
    """
    if older_than is None and keep is None:
        raise WrongUsage("prune needs to know what is old: --older-than 30d, --keep 20, or both")
    before_ms = None
    if older_than is not None:
        age = duration(older_than, "--older-than")
        before_ms = time.time_ns() // 1_000_000 - round(age.total_seconds() * _MS_PER_S)
    shown = consoles()
    url = addresses(executor_url, executor_port=executor_port).executor
    return anyio.run(_prune, url, before_ms, keep or 0, _Wanted(dry_run=dry_run, yes=yes, json=json), shown)


class _Wanted:
    """How it is to be done."""

    def __init__(self, *, dry_run: bool, yes: bool, json: bool) -> None:
        self.dry_run = dry_run
        self.yes = yes
        self.json = json


async def _prune(url: str, before_ms: int | None, keep: int, wanted: _Wanted, shown: Consoles) -> int:
    async with executor_at(url) as executor:
        old = prunable(await _all_runs(executor), ended_before_ms=before_ms, keep=keep)
        if wanted.dry_run:
            _show(old, wanted, shown, f"{_runs(len(old))} would be deleted")
            return OK
        if old and not wanted.yes:
            await _agreed(old, shown)
        deleted, stayed = await _delete(old, executor, shown)
        if wanted.json:
            print_json({"deleted": deleted, "stayed": stayed})
        else:
            shown.result(f"{_runs(len(deleted))} deleted" + (f", {len(stayed)} stayed" if stayed else ""))
        return UNREACHABLE if stayed else OK


async def _all_runs(executor: ExecutorClient) -> list[Json]:
    """Every run of the executor, newest first."""
    found: list[Json] = []
    params = {"limit": str(_PAGE)}
    while page := await executor.runs(params):
        found += page
        if len(page) < _PAGE:
            break
        params["before"] = str(page[-1]["run_id"])
    return found


async def _agreed(old: list[Json], shown: Consoles) -> None:
    if not sys.stdin.isatty():
        raise WrongUsage(f"{_runs(len(old))} would be deleted, and nobody can be asked here: say --yes, or --dry-run")
    shown.listed(run_table(old))
    async with interrupts() as seen:
        if not await typed_yes(f"Delete {_runs(len(old))} with everything made in them?", shown, seen):
            raise WrongUsage("nothing is deleted")


async def _delete(old: list[Json], executor: ExecutorClient, shown: Consoles) -> tuple[list[str], list[str]]:
    deleted: list[str] = []
    stayed: list[str] = []
    for run in old:
        run_id = str(run["run_id"])
        try:
            await executor.remove(run_id)
        except Refused as error:
            # It may have been resumed in this moment; the others are as old as they were.
            shown.note(f"{run_id} stays: {error}")
            stayed.append(run_id)
        else:
            deleted.append(run_id)
    return deleted, stayed


def _show(old: list[Json], wanted: _Wanted, shown: Consoles, words: str) -> None:
    if wanted.json:
        print_json([run["run_id"] for run in old])
        return
    if old:
        shown.listed(run_table(old))
    shown.note(words)


def _runs(number: int) -> str:
    return f"{number} run" if number == 1 else f"{number} runs"
