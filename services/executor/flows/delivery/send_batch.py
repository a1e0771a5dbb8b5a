"""One batch of one run's events: read, encoded, sent, and what the answer means done. Nothing here is dropped unsaid."""

import anyio
import structlog

from services.executor.core.delivery.acknowledgement import (
    Halt,
    Later,
    Refused,
    Rewind,
    Smaller,
    Step,
    Taken,
    next_step,
)
from services.executor.core.delivery.telemetry_answer import Cause, Trouble, whole
from services.executor.flows.delivery.delivery import Delivery
from services.executor.flows.delivery.kit import DeliveryKit
from shared.stored import format_time, parse_time, read_line, write_line
from shared.strict_json import dumps

BATCH_BYTES = 1024 * 1024
REPLACE_LIMIT_S = 10.0
MOST_SAID = 20
"""So many refused events of a run are logged; all are counted."""

log = structlog.get_logger()


async def send_batch(delivery: Delivery, kit: DeliveryKit) -> Step:
    """Send the next events and do what the answer asks for; ``Later`` where nothing came of it. Never raises."""
    try:
        step = await _send(delivery, kit)
        if isinstance(step, Later):
            return step
        return await _apply(delivery, kit, step) or step
    except Exception as error:
        # The border of a delivery: one that breaks is tried again, and never takes a run with it.
        if delivery.trouble is None or delivery.trouble.cause is not Cause.INTERNAL:
            log.exception("a delivery broke", run_id=delivery.run_id)
        delivery.batch_events = max(1, delivery.batch_events // 2)
        return Later(kit.broke(error).reason)


async def _send(delivery: Delivery, kit: DeliveryKit) -> Step:
    first_seq = delivery.sent + 1
    lines = await kit.ledger.lines(
        delivery.run_id, after=delivery.sent, most=delivery.batch_events, most_bytes=BATCH_BYTES
    )
    if not lines:
        trouble = Trouble(Cause.LEDGER, f"the ledger has no event {first_seq} of this run")
        kit.counts.failures[trouble.cause.value] += 1
        return Later(trouble.reason, None, trouble.cause)
    batch = kit.encode(delivery.run_id, first_seq, lines)
    if batch.count == 0:
        return _unreadable(delivery, kit, first_seq, lines)
    delivery.oldest_ms = _made_ms(lines[0])
    # A commit is read before it is announced: what was just read may be newer than what this delivery knows.
    newest = max(delivery.last_seq, first_seq + batch.count - 1)
    kit.counts.sent += batch.count
    answer = await kit.telemetry.post(delivery.run_id, batch.body)
    step = next_step(answer, first_seq=first_seq, count=batch.count, newest=newest)
    if isinstance(step, Halt) and step.closes:
        # A run is not closed on a number that may have grown since.
        newest = max([newest, *(mine.last_seq for mine in await kit.standings.some([delivery.run_id]))])
        step = next_step(answer, first_seq=first_seq, count=batch.count, newest=newest)
    if isinstance(step, Later):
        kit.failed(Trouble(step.cause, step.reason), with_events=True)
        return step
    kit.link.took()
    kit.counts.accepted += whole(answer.body.get("accepted")) or 0
    kit.counts.duplicate += whole(answer.body.get("duplicates")) or 0
    if isinstance(step, Taken):
        delivery.taken(step, batch.count)
    return step


def _unreadable(delivery: Delivery, kit: DeliveryKit, seq: int, lines: list[bytes]) -> Step:
    if len(lines) > 1 and kit.encode(delivery.run_id, seq + 1, lines[1:2]).count == 0:
        # One damaged line is given up and reported; where the next is none either, the ledger itself is damaged.
        return Halt(f"the ledger cannot be read from event {seq} on")
    return Refused(seq, "it cannot be read in the ledger", "unreadable")


async def _apply(delivery: Delivery, kit: DeliveryKit, step: Step) -> Later | None:
    """Do what a step says; ``Later`` where it cannot be done now."""
    match step:
        case Rewind(upto):
            log.warning("telemetry has lost events; they are sent again", run_id=delivery.run_id, after=upto)
            kit.counts.resent += delivery.rewind(upto)
        case Smaller():
            delivery.batch_events = max(1, delivery.batch_events // 2)
            return None
        case Refused(seq, reason, why):
            if delivery.discarded < MOST_SAID:
                log.error("an event is given up and reported", run_id=delivery.run_id, seq=seq, reason=reason, why=why)
            if not await _replace(delivery, kit, step):
                kit.counts.failures[Cause.LEDGER.value] += 1
                return Later(
                    "the ledger cannot be written, so that a refused event cannot be reported", None, Cause.LEDGER
                )
            if delivery.stopped is None:
                kit.counts.discarded[why] += 1
                delivery.taken(Taken(seq - 1, seq - 1 - delivery.sent), seq - 1 - delivery.sent)
        case Halt(reason):
            log.error("no more events of a run are sent to telemetry", run_id=delivery.run_id, reason=reason)
            kit.halt(delivery, step)
    kit.record(delivery)
    return None


async def _replace(delivery: Delivery, kit: DeliveryKit, refused: Refused) -> bool:
    """Put a ``client_report`` in the event's place; False while the ledger cannot be written."""
    seq = refused.seq
    lines = await kit.ledger.lines(delivery.run_id, after=seq - 1, most=1, most_bytes=1)
    type_, epoch, time = await _names(lines[0], delivery, kit)
    if type_ == "client_report":
        kit.halt(delivery, Halt(f"telemetry refuses even the report of what was dropped, event {seq}"))
        return True
    report = write_line(
        type_="client_report",
        run_id=delivery.run_id,
        seq=seq,
        epoch=epoch,
        id_=None,
        time=time,
        data=dumps({"discarded": [{"reason": refused.why, "quantity": 1}]}),
    )
    with anyio.move_on_after(REPLACE_LIMIT_S):
        await kit.ledger.replace_line(delivery.run_id, seq, report)
        delivery.replaced()
        return True
    return False


async def _names(line: bytes, delivery: Delivery, kit: DeliveryKit) -> tuple[str | None, str, str]:
    """Type, epoch and time of a line; no type where it cannot be read."""
    try:
        stored = read_line(line)
    except ValueError:
        (standing,) = await kit.standings.some([delivery.run_id])
        return None, standing.epoch, format_time(kit.clock.now_ms())
    return stored.type, stored.epoch, stored.time


def _made_ms(line: bytes) -> int | None:
    try:
        return parse_time(read_line(line).time)
    except ValueError:
        # What cannot be read is telemetry's to refuse; only its age stays unknown.
        return None
