"""Runs that will not come to their end by themselves: telemetry takes no more of their events, or nobody works on them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from services.cli.checkup.finding import Finding, wrong
from services.cli.clients.executor_client import ExecutorClient, executor_at
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import Refused
from services.cli.showing.phrases import one_line
from services.cli.showing.run_view import ACTIVE, FINAL
from shared.stored import parse_time

_LISTED = {"limit": "100"}
_ASKED_AT_MOST = 20
_NAMED_AT_MOST = 5
_OLD_S = 600.0
"""A run nobody has vouched for since telemetry started is nobody's when its newest event is this old."""

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})

Json = dict[str, Any]


async def stopped_deliveries(executor_url: str) -> list[Finding]:
    """Of the executor's newest runs: those whose events telemetry takes no more.

    Where the list does not say so, the runs that are not over are asked for one by one.
    """
    stopped: list[tuple[str, str]] = []
    async with executor_at(executor_url) as executor:
        rows = await executor.runs(_LISTED)
        unsaid = [row for row in rows if "telemetry" not in row and row.get("status") not in FINAL]
        whole = [run for row in unsaid[:_ASKED_AT_MOST] if (run := await _run(executor, str(row.get("run_id"))))]
        for run in (*rows, *whole):
            reason = (run.get("telemetry") or {}).get("stopped")
            if reason:
                stopped.append((str(run.get("run_id")), one_line(str(reason), 200)))
    return [
        wrong(
            "runs",
            f"telemetry takes no more events of run {run_id}: {reason}",
            f"the run goes on; its own numbers: acm2 watch {run_id}, acm2 results {run_id}",
        )
        for run_id, reason in stopped[:_NAMED_AT_MOST]
    ]


async def left_alone(executor_url: str, telemetry_url: str, clock: Callable[[], float]) -> list[Finding]:
    """The runs that are under way at telemetry though nobody works on them; ``clock``: seconds since 1970."""
    async with telemetry_at(telemetry_url) as telemetry, executor_at(executor_url) as executor:
        silent = [run for run in await telemetry.runs(_LISTED) if _is_silent(run, clock())]
        ids = [str(run["run_id"]) for run in silent[:_ASKED_AT_MOST]]
        unknown = [run_id for run_id in ids if await _run(executor, run_id) is None]
    if not unknown:
        return []
    named = ", ".join(unknown[:_NAMED_AT_MOST])
    more = f" and {len(unknown) - _NAMED_AT_MOST} more" if len(unknown) > _NAMED_AT_MOST else ""
    one = len(unknown) == 1
    what = (
        f"{'a run is' if one else f'{len(unknown)} runs are'} under way at telemetry, but nobody works on "
        f"{'it' if one else 'them'} and the executor does not know {'it' if one else 'them'}: {named}{more}"
    )
    return [wrong("runs", what, f"end and delete {'it' if one else 'each'} with: acm2 rm {unknown[0]} --force")]


def _is_silent(run: Json, now_s: float) -> bool:
    if run.get("status") not in ACTIVE:
        return False
    producer = run.get("producer")
    if isinstance(producer, dict):
        return producer.get("state") == "silent"
    last_ms = parse_time(str(run.get("last_time") or ""))
    return last_ms is not None and now_s - last_ms / 1000 > _OLD_S


async def _run(executor: ExecutorClient, run_id: str) -> Json | None:
    """The run as the executor shows it, or None where it does not know it."""
    try:
        return await executor.run(run_id)
    except Refused as error:
        if error.status in _GONE:
            return None
        raise
