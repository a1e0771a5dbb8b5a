"""After a stop nobody announced: what was under way has ended, and is said to have."""

import msgspec
import structlog

from services.executor.core.limits.retry import MAX_DEATHS
from services.executor.core.lives.history import History
from services.executor.core.records import AnyRecord, Attempt, Call, StoredRun
from services.executor.flows.ports import Clock, Ledger, Reader
from services.executor.flows.run.run_log import EventData, RunLog
from shared.failures import FailureKind
from shared.status import RunStatus
from shared.strict_json import dumps

DIED = "the executor died while the request was under way"
INTERRUPTED = "the executor died"

log = structlog.get_logger()


async def recover(reader: Reader, ledger: Ledger, clock: Clock, *, alive_ms: int | None = None) -> None:
    """Write the end of everything that was in flight, one transaction a run.

    ``alive_ms`` is when the executor that carried them out was last seen alive, where somebody knows.
    """
    for stored in await reader.unfinished():
        await interrupt(stored, reader, ledger, clock, alive_ms=alive_ms)


async def interrupt(
    stored: StoredRun, reader: Reader, ledger: Ledger, clock: Clock, *, alive_ms: int | None = None
) -> None:
    """Write the end of the life of a run nobody carries out any more. One that has nothing left to ask is finished."""
    run_log = await RunLog.reopen(stored.run_id, stored.epoch, ledger=ledger, clock=clock)
    events: list[tuple[str, EventData]] = []
    records: list[AnyRecord] = []
    in_flight = await reader.in_flight(stored.run_id)
    for attempt in in_flight:
        ended, record = _died(attempt, clock)
        events.append(("attempt_failed", ended))
        records.append(record)
        call = await reader.call(stored.run_id, attempt.call_id)
        if call is not None:
            lost, call_record = _after(call)
            events.extend(lost)
            records.append(call_record)
    finished = None if in_flight else _finished(run_log.past, stored)
    if finished is not None:
        await (await run_log.finish(*finished)).wait()
        return
    stopped_ms = max(run_log.past.newest_ms, alive_ms or 0)
    await run_log.interrupt(INTERRUPTED, events, records, stopped_ms=stopped_ms).wait()
    log.warning("a run was interrupted", run_id=stored.run_id, attempts_in_flight=len(in_flight))


def _died(attempt: Attempt, clock: Clock) -> tuple[EventData, Attempt]:
    error = {"kind": FailureKind.WORKER_DIED, "message": DIED, "status": None}
    data = {"call_id": attempt.call_id, "attempt": attempt.attempt, "error": error, "sent": "maybe"}
    ended = msgspec.structs.replace(
        attempt,
        ended_ms=clock.now_ms(),
        outcome="failed",
        kind=FailureKind.WORKER_DIED.value,
        message=DIED,
        sent="maybe",
    )
    return {**data, "will_retry": False}, ended


def _after(call: Call) -> tuple[list[tuple[str, EventData]], Call]:
    """The call after one more death of what held it: after the third it may be what kills it."""
    deaths = call.deaths + 1
    if deaths < MAX_DEATHS:
        return [], msgspec.structs.replace(call, deaths=deaths)
    error = {"kind": FailureKind.WORKER_DIED, "message": f"it was in flight at {deaths} deaths", "status": None}
    lost = {"call_id": call.call_id, "attempts": call.attempts, "error": error}
    record = msgspec.structs.replace(call, deaths=deaths, status="lost", error=dumps(error).decode())
    return [("call_lost", lost)], record


def _finished(past: History, stored: StoredRun) -> tuple[RunStatus, str | None] | None:
    """The end of a run that died after its last call and before it said so."""
    if past.status not in {RunStatus.RUNNING, RunStatus.PAUSED} or not past.nothing_left(stored.planned_calls):
        return None
    missing = sum(call.settled for call in past.calls.values())
    if missing == 0:
        return RunStatus.COMPLETED, None
    return RunStatus.COMPLETED_WITH_ERRORS, f"{missing} of {stored.planned_calls} calls brought no result"
