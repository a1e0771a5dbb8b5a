"""All runs held against telemetry's list of them: at the start, after its absence, and every so often.

What it has lost is sent again, of runs long over as well. Pages are bounded and paced, and nothing waits for this.
"""

from collections.abc import Callable

import anyio
import msgspec
import structlog

from services.executor.core.delivery.acknowledgement import Halt
from services.executor.core.delivery.comparison import Behind, Standing, Theirs, worth_a_look
from services.executor.core.delivery.telemetry_answer import Answer, Cause, Trouble, trouble_of
from services.executor.core.records import Delivered
from services.executor.flows.delivery.delivery import Delivery
from services.executor.flows.delivery.kit import DeliveryKit
from services.executor.flows.delivery.reconcile import compare_run
from services.executor.flows.ports import Commit

PAGE_RUNS = 200
MOST_RUNS = 200_000
"""Of telemetry's list so much is looked at; runs older than that are asked for one by one."""

BREATH_S = 0.02
MARK_LIMIT_S = 10.0

log = structlog.get_logger()

GetDelivery = Callable[[str], Delivery | None]


class Comparison:
    """Compares all runs, again and again."""

    def __init__(self, kit: DeliveryKit, *, get: GetDelivery, undelivered: Callable[[], None]) -> None:
        self._kit = kit
        self._get = get
        self._undelivered = undelivered
        self._lost_runs = 0
        self.passes = 0
        """How many comparisons of all runs have come to their end."""

    async def run(self) -> None:
        """Compare whenever there is reason to; until cancelled."""
        while True:
            returns = self._kit.link.returns
            try:
                self._kit.counts.different = await self._kit.standings.different()
                await self._kit.link.wait_until_up()
                returns = self._kit.link.returns
                if await self._compare():
                    self.passes += 1
            except Exception as error:
                # The border of the comparison: one that breaks is made again.
                log.exception("the comparison with telemetry broke")
                self._kit.broke(error)
            await anyio.sleep(self._kit.pace.compare_gap_s)
            with anyio.move_on_after(self._kit.pace.compare_s):
                await self._kit.link.wait_for_return(returns)

    async def _compare(self) -> bool:
        """Whether it got to the end."""
        self._lost_runs = 0
        seen: set[str] = set()
        before: str | None = None
        for _ in range(MOST_RUNS // PAGE_RUNS):
            page = await self._kit.telemetry.runs(limit=PAGE_RUNS, before=before)
            if isinstance(page, Answer):
                trouble = trouble_of(page) or Trouble(Cause.NOT_TELEMETRY, "the list of runs is none")
                self._kit.failed(trouble, with_events=False)
                return False
            theirs = {run.run_id: run for run in page.runs}
            if seen.issuperset(theirs) and theirs:
                break
            seen.update(theirs)
            for mine in await self._kit.standings.some(list(theirs)):
                await self._look(mine, theirs[mine.run_id])
            before = page.before
            if before is None:
                break
            await anyio.sleep(BREATH_S)
        await self._look_for_lost(seen)
        if self._lost_runs:
            log.warning("telemetry had lost events; they are sent again", runs=self._lost_runs)
        return True

    async def _look_for_lost(self, seen: set[str]) -> None:
        after = ""
        while page := await self._kit.standings.page(after=after, limit=PAGE_RUNS):
            for mine in page:
                if mine.run_id not in seen:
                    await self._look(mine, None)
            after = page[-1].run_id
            await anyio.sleep(BREATH_S)

    async def _look(self, mine: Standing, theirs: Theirs | None) -> None:
        delivery = self._get(mine.run_id)
        if delivery is not None:
            # The ledger hears of it a moment later.
            mine = msgspec.structs.replace(mine, delivered_seq=delivery.sent, stopped=delivery.stopped)
        if not worth_a_look(mine, theirs) or (delivery is not None and delivery.is_done):
            # What has just been delivered to its end is about to be compared by itself.
            return
        outcome = await compare_run(mine.run_id, mine.delivered_seq, self._kit)
        # What is found concerns what was true before the question: the delivery may have begun or ended since.
        delivery = self._get(mine.run_id)
        match outcome:
            case Behind(upto):
                await self._send_again(mine, delivery, upto)
            case Halt() as halt:
                log.error("no more events of a run are sent to telemetry", run_id=mine.run_id, reason=halt.reason)
                self._halt(mine, delivery, halt)
        await anyio.sleep(BREATH_S)

    async def _send_again(self, mine: Standing, delivery: Delivery | None, upto: int) -> None:
        self._lost_runs += 1
        if delivery is not None:
            self._kit.counts.resent += delivery.rewind(upto)
            return
        self._kit.counts.resent += max(0, mine.delivered_seq - upto)
        # Marked in the ledger, and taken up from there: many runs cost no more memory than a few, and a restart no run.
        marked = self._record(mine, upto, mine.stopped)
        with anyio.move_on_after(MARK_LIMIT_S):
            await marked.wait()
        self._undelivered()

    def _halt(self, mine: Standing, delivery: Delivery | None, halt: Halt) -> None:
        if delivery is not None:
            self._kit.halt(delivery, halt)
            return
        self._kit.counts.halted += 1
        self._record(mine, mine.delivered_seq, halt.reason)
        if halt.closes:
            self._kit.close_run(mine.run_id, halt.reason)

    def _record(self, mine: Standing, delivered_seq: int, stopped: str | None) -> Commit:
        record = Delivered(run_id=mine.run_id, delivered_seq=delivered_seq, discarded=mine.discarded, stopped=stopped)
        return self._kit.ledger.write(mine.run_id, 0, (), (record,))
