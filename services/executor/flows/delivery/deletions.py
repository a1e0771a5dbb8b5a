"""Runs deleted here are deleted at telemetry too: asked for until it says so, over restarts of both."""

import anyio
import msgspec
import structlog

from services.executor.core.delivery.comparison import Gone, Theirs
from services.executor.core.delivery.telemetry_answer import Answer, Cause, Trouble, trouble_of
from services.executor.core.records import Deletion
from services.executor.flows.delivery.kit import DeliveryKit
from shared.stored import format_time
from shared.strict_json import dumps

UNKNOWN_RUN = "unknown-run"
RUN_ACTIVE = "run-active"
RUN_EXPIRED = "run-expired"
UNKNOWN = Answer(status=404, problem=UNKNOWN_RUN)
ANOTHERS = Answer(status=200)
"""Under this id telemetry has the run of another producer: there is nothing of ours to forget."""

LEAST_S = 0.05
LONGEST_ASKED_S = 300.0

log = structlog.get_logger()


class _Wanted:
    """A deletion on its way: when it is tried next, and what has come of it so far."""

    def __init__(self, deletion: Deletion, due_s: float) -> None:
        self.deletion = deletion
        self.due_s = due_s
        self.failures = 0
        self.was_unknown = False


class Deletions:
    """The runs telemetry is to forget."""

    def __init__(self, kit: DeliveryKit) -> None:
        self._kit = kit
        self._wanted: dict[str, _Wanted] = {}
        self._wake = anyio.Event()

    @property
    def pending(self) -> int:
        """How many runs it still has to forget."""
        return len(self._wanted)

    def has(self, run_id: str) -> bool:
        """Whether this run is to be forgotten."""
        return run_id in self._wanted

    def ask(self, deletion: Deletion) -> None:
        """Have telemetry forget this run, however long that takes; the ledger says already that it is to."""
        self._wanted[deletion.run_id] = _Wanted(deletion, self._now_s())
        self._wake.set()

    async def run(self) -> None:
        """Ask telemetry; until cancelled."""
        await self._recall()
        while True:
            self._wake = anyio.Event()
            now_s = self._now_s()
            for wanted in [each for each in self._wanted.values() if each.due_s <= now_s]:
                await self._delete(wanted)
            next_s = min((wanted.due_s for wanted in self._wanted.values()), default=None)
            wait_s = None if next_s is None else max(LEAST_S, next_s - self._now_s())
            with anyio.move_on_after(wait_s):
                await self._wake.wait()

    def _now_s(self) -> float:
        return self._kit.clock.monotonic_s()

    async def _recall(self) -> None:
        failures = 0
        while True:
            try:
                for deletion in await self._kit.standings.deletions():
                    self._wanted.setdefault(deletion.run_id, _Wanted(deletion, self._now_s()))
            except Exception as error:
                # The border of the deletions: a ledger that cannot be read now can be read later.
                log.exception("the deletions could not be read")
                self._kit.broke(error)
                failures += 1
                await anyio.sleep(max(LEAST_S, self._kit.backoff.wait_s(failures, self._kit.chance())))
            else:
                return

    async def _delete(self, wanted: _Wanted) -> None:
        run_id = wanted.deletion.run_id
        try:
            theirs = await self._kit.telemetry.run(run_id)
            if isinstance(theirs, Gone):
                answer = Answer(status=410, problem=RUN_EXPIRED) if theirs.deleted else UNKNOWN
            elif isinstance(theirs, Theirs):
                answer = await self._delete_there(theirs) if theirs.epoch == wanted.deletion.epoch else ANOTHERS
            else:
                answer = theirs
        except Exception as error:
            # The border of one deletion: one that breaks is tried again.
            log.exception("a deletion at telemetry broke", run_id=run_id)
            self._kit.broke(error)
            self._later(wanted)
            return
        if answer.problem == UNKNOWN_RUN and not wanted.was_unknown:
            wanted.was_unknown = True
            wanted.due_s = self._now_s() + self._kit.pace.confirm_deletion_s
        elif answer.is_success or answer.problem in {UNKNOWN_RUN, RUN_EXPIRED}:
            self._kit.link.answered()
            self._done(wanted.deletion)
        else:
            trouble = trouble_of(answer) or Trouble(Cause.NOT_TELEMETRY, "the answer is not telemetry's")
            self._kit.failed(trouble, with_events=False)
            self._later(wanted, answer.retry_after_s)

    async def _delete_there(self, theirs: Theirs) -> Answer:
        answer = await self._kit.telemetry.delete(theirs.run_id)
        if answer.problem != RUN_ACTIVE:
            return answer
        # Its end never got there: it is given one, and then deleted.
        event = {
            "type": "run_finished",
            "seq": theirs.last + 1,
            "epoch": theirs.epoch,
            "time": format_time(self._kit.clock.now_ms()),
            "data": {"status": "cancelled", "reason": "deleted at the executor"},
        }
        ended = await self._kit.telemetry.post(theirs.run_id, dumps(event) + b"\n")
        return await self._kit.telemetry.delete(theirs.run_id) if ended.is_success else ended

    def _later(self, wanted: _Wanted, asked_s: float | None = None) -> None:
        wanted.failures += 1
        wait_s = self._kit.backoff.wait_s(wanted.failures, self._kit.chance())
        wanted.due_s = self._now_s() + max(LEAST_S, wait_s, min(asked_s or 0.0, LONGEST_ASKED_S))

    def _done(self, deletion: Deletion) -> None:
        self._wanted.pop(deletion.run_id, None)
        done = msgspec.structs.replace(deletion, done_ms=self._kit.clock.now_ms())
        self._kit.ledger.write(deletion.run_id, 0, (), (done,))
