"""Take a trial run away again, at both services, whatever became of it."""

from http import HTTPStatus

import anyio

from services.cli.checkup.deadlines import Deadlines
from services.cli.checkup.finding import Finding, wrong
from services.cli.clients.executor_client import ExecutorClient
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import CommandError, Refused
from services.cli.showing.phrases import one_line

_ASK_EVERY_S = 0.1
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


async def sweep(run_id: str, executor: ExecutorClient, telemetry_url: str, deadlines: Deadlines) -> list[Finding]:
    """Delete the run; what is left of it is a finding."""
    left: list[str] = []
    with anyio.move_on_after(deadlines.sweep_s, shield=True) as limit:
        try:
            await _at_executor(run_id, executor)
        except CommandError as error:
            left.append(f"the executor ({one_line(str(error), 200)})")
        try:
            # An executor that did not delete it here does not delete it there.
            await _at_telemetry(run_id, telemetry_url, patience_s=0.0 if left else deadlines.delivery_s)
        except CommandError as error:
            left.append(f"telemetry ({one_line(str(error), 200)})")
    if limit.cancelled_caught:
        left.append(f"within {deadlines.sweep_s:g} s")
    if not left:
        return []
    what = f"the trial run {run_id} could not be deleted: {', '.join(left)}"
    return [wrong("loop", what, f"delete it with: acm2 rm {run_id}")]


async def _at_executor(run_id: str, executor: ExecutorClient) -> None:
    while True:
        try:
            await executor.remove(run_id)
        except Refused as error:
            if error.status in _GONE:
                return
            if error.status != HTTPStatus.CONFLICT:
                raise
            # It is still under way, or just ending.
            await executor.cancel(run_id)
            await anyio.sleep(_ASK_EVERY_S)
        else:
            return


async def _at_telemetry(run_id: str, telemetry_url: str, *, patience_s: float) -> None:
    async with telemetry_at(telemetry_url) as telemetry:
        with anyio.move_on_after(patience_s):
            while True:
                try:
                    await telemetry.run(run_id)
                except Refused as error:
                    if error.status in _GONE:
                        return
                    raise
                await anyio.sleep(_ASK_EVERY_S)
        try:
            await telemetry.remove(run_id)
        except Refused as error:
            if error.status not in _GONE:
                raise
