"""Telemetry's log of a run held against the ledger's, one run at a time: what is missing, and whether the rest is equal."""

import structlog

from services.executor.core.delivery.acknowledgement import Halt, Later
from services.executor.core.delivery.comparison import Behind, Gone, Level, Standing, Theirs, judge
from services.executor.core.delivery.telemetry_answer import Answer, Cause, Trouble, trouble_of
from services.executor.core.records import Reconciled
from services.executor.flows.delivery.kit import DeliveryKit
from shared.digest import EMPTY, extend
from shared.stored import read_line
from shared.strict_json import loads

_PAGE_LINES = 2000
_PAGE_BYTES = 8 * 1024 * 1024

Outcome = Behind | Halt | Later | Reconciled | None
"""None: there is nothing to compare (yet), and nothing is missing."""

log = structlog.get_logger()


async def compare_run(run_id: str, sent: int, kit: DeliveryKit, *, mend: bool = True) -> Outcome:
    """Ask telemetry for this run, of which ``sent`` events have been acknowledged, and compare. Never raises.

    Without ``mend`` missing events are found to be a difference: sending them has not helped.
    """
    try:
        theirs = await kit.telemetry.run(run_id)
        if isinstance(theirs, Answer):
            trouble = trouble_of(theirs) or Trouble(Cause.NOT_TELEMETRY, "the answer is not telemetry's")
            kit.failed(trouble, with_events=False)
            return Later(trouble.reason, theirs.retry_after_s, trouble.cause)
        # Read after telemetry was asked: it cannot have more than this.
        standing = next(iter(await kit.standings.some([run_id])), None)
        if standing is None:
            return None
        kit.link.answered()
        finding = judge(standing, sent, theirs)
        if isinstance(finding, Behind) and not mend and standing.is_final:
            return _written(standing, await _digest(standing, kit), finding.upto, "", kit)
        if not isinstance(finding, Level):
            return finding
        if not finding.whole or isinstance(theirs, Gone):
            return None
        return await _reconcile(standing, theirs, kit)
    except Exception as error:
        # The border of a comparison: one that breaks is made again later.
        log.exception("a comparison with telemetry broke", run_id=run_id)
        return Later(kit.broke(error).reason)


async def _reconcile(standing: Standing, theirs: Theirs, kit: DeliveryKit) -> Reconciled:
    digest = await _stated_digest(standing, kit)
    if digest != theirs.digest:
        digest = await _digest(standing, kit)
    return _written(standing, digest, theirs.count, theirs.digest, kit)


def _written(standing: Standing, digest: str, their_count: int, their_digest: str, kit: DeliveryKit) -> Reconciled:
    found = Reconciled(
        run_id=standing.run_id,
        seq=standing.last_seq,
        equal=digest == their_digest and their_count == standing.last_seq,
        count=standing.last_seq,
        digest=digest,
        their_count=their_count,
        their_digest=their_digest,
        at_ms=kit.clock.now_ms(),
    )
    kit.counts.reconciled["equal" if found.equal else "different"] += 1
    kit.counts.different.pop(found.run_id, None)
    if not found.equal:
        kit.counts.different[found.run_id] = max(1, abs(found.count - found.their_count))
        log.error("telemetry's log of a run differs and cannot be mended", run_id=standing.run_id, count=found.count)
    kit.ledger.write(standing.run_id, 0, (), (found,))
    return found


async def _stated_digest(standing: Standing, kit: DeliveryKit) -> str | None:
    """The digest of the whole log, taken from what its last event states; None where that states none."""
    lines = await kit.ledger.lines(standing.run_id, after=standing.last_seq - 1, most=1, most_bytes=1)
    if not lines:
        return None
    last = read_line(lines[-1])
    if last.type != "run_finished":
        return None
    stated = loads(bytes(last.data)).get("digest")
    return extend(bytes.fromhex(stated), lines[-1:]).hex() if isinstance(stated, str) else None


async def _digest(standing: Standing, kit: DeliveryKit) -> str:
    digest, after = EMPTY, 0
    while after < standing.last_seq:
        lines = await kit.ledger.lines(standing.run_id, after=after, most=_PAGE_LINES, most_bytes=_PAGE_BYTES)
        if not lines:
            break
        lines = lines[: standing.last_seq - after]
        digest = extend(digest, lines)
        after += len(lines)
    return digest.hex()
