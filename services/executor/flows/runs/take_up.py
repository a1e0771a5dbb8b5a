"""Where the last life of the executor stopped, this one goes on: which interrupted runs, and how."""

import structlog

from services.executor.core.lives.auto_resume import what_next
from services.executor.core.records import StoredRun
from services.executor.errors import DrainingError
from services.executor.flows.ports import Clock, Ledger, Reader
from services.executor.flows.runs.runs import Runs
from shared.stored import parse_time, read_line
from shared.strict_json import loads

_LINES_LOOKED_AT = 20
_BYTES_LOOKED_AT = 8 * 1024 * 1024

log = structlog.get_logger()


async def take_up(*, runs: Runs, reader: Reader, ledger: Ledger, clock: Clock, auto_resume_s: float) -> None:
    """Bring cancels to their end, and let runs go on that were interrupted no longer than ``auto_resume_s`` ago."""
    for stored in await reader.interrupted():
        try:
            await _take_up(stored, runs=runs, reader=reader, ledger=ledger, clock=clock, auto_resume_s=auto_resume_s)
        except DrainingError:
            return
        except Exception:
            # The border of a run: one that cannot be taken up must not keep the others from it.
            log.exception("an interrupted run could not be taken up", run_id=stored.run_id)


async def _take_up(
    stored: StoredRun, *, runs: Runs, reader: Reader, ledger: Ledger, clock: Clock, auto_resume_s: float
) -> None:
    last_seq = await reader.last_seq(stored.run_id)
    lines = await ledger.lines(
        stored.run_id, after=max(0, last_seq - _LINES_LOOKED_AT), most=_LINES_LOOKED_AT, most_bytes=_BYTES_LOOKED_AT
    )
    interruptions = [line for line in map(read_line, lines) if line.type == "run_interrupted"]
    if not interruptions:
        log.warning("an interrupted run does not say how; it waits for a person", run_id=stored.run_id)
        return
    last = interruptions[-1]
    data, time_ms = loads(bytes(last.data)), parse_time(last.time) or 0
    match what_next(data, time_ms, now_ms=clock.now_ms(), limit_s=auto_resume_s):
        case "cancel":
            await runs.cancel(stored.run_id)
        case "go on":
            await runs.go_on_alone(stored.run_id)
        case "wait":
            log.warning("an interrupted run waits for a person to resume it", run_id=stored.run_id)
