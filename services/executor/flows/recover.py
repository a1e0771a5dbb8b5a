"""After a stop nobody announced: what was under way has ended, and is said to have."""

import msgspec
import structlog

from services.executor.core.records import AnyRecord, StoredRun
from services.executor.flows.ports import Clock, Ledger, Reader
from services.executor.flows.run_log import EventData, RunLog
from shared.failures import FailureKind

DIED = "the executor died while the request was under way"

log = structlog.get_logger()


async def recover(reader: Reader, ledger: Ledger, clock: Clock) -> list[StoredRun]:
    """Write the end of everything that was in flight, one transaction a run; the answer is those runs as they were."""
    found = await reader.unfinished()
    for stored in found:
        run_log = await RunLog.reopen(stored.run_id, stored.epoch, ledger=ledger, clock=clock)
        events: list[tuple[str, EventData]] = []
        records: list[AnyRecord] = []
        for attempt in await reader.in_flight(stored.run_id):
            error = {"kind": FailureKind.WORKER_DIED, "message": DIED, "status": None}
            data = {"call_id": attempt.call_id, "attempt": attempt.attempt, "error": error, "sent": "maybe"}
            events.append(("attempt_failed", {**data, "will_retry": False}))
            ended = msgspec.structs.replace(
                attempt,
                ended_ms=clock.now_ms(),
                outcome="failed",
                kind=FailureKind.WORKER_DIED.value,
                message=DIED,
                sent="maybe",
            )
            records.append(ended)
            call = await reader.call(stored.run_id, attempt.call_id)
            if call is not None:
                records.append(msgspec.structs.replace(call, deaths=call.deaths + 1))
        await run_log.interrupt("the executor died", events, records).wait()
        log.warning("a run was interrupted", run_id=stored.run_id, attempts_in_flight=len(events))
    return found
