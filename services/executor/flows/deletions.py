"""Runs deleted here are deleted at telemetry too: asked for until it says so, over restarts of both."""

import anyio
import structlog

from services.executor.core.comparison import Theirs
from services.executor.core.records import Deletion
from services.executor.core.telemetry_answer import Answer, Cause, Trouble, trouble_of
from services.executor.flows.delivery_kit import DeliveryKit
from shared.stored import format_time
from shared.strict_json import dumps

UNKNOWN_RUN = "unknown-run"
RUN_ACTIVE = "run-active"
LEAST_S = 0.05
LONGEST_ASKED_S = 300.0

log = structlog.get_logger()


class Deletions:
    """The runs telemetry is to forget."""

    def __init__(self, kit: DeliveryKit) -> None:
        self._kit = kit
        self._due_s: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._unknown: set[str] = set()
        self._wake = anyio.Event()

    @property
    def pending(self) -> int:
        """How many runs it still has to forget."""
        return len(self._due_s)

    def has(self, run_id: str) -> bool:
        """Whether this run is to be forgotten."""
        return run_id in self._due_s

    def ask(self, run_id: str) -> None:
        """Have telemetry forget this run, however long that takes; the ledger says already that it is to."""
        self._due_s[run_id] = self._kit.clock.monotonic_s()
        self._wake.set()

    async def run(self) -> None:
        """Ask telemetry; until cancelled."""
        await self._recall()
        while True:
            self._wake = anyio.Event()
            now_s = self._kit.clock.monotonic_s()
            for run_id in [name for name, due_s in self._due_s.items() if due_s <= now_s]:
                await self._delete(run_id)
            next_s = min(self._due_s.values(), default=None)
            wait_s = None if next_s is None else max(LEAST_S, next_s - self._kit.clock.monotonic_s())
            with anyio.move_on_after(wait_s):
                await self._wake.wait()

    async def _recall(self) -> None:
        failures = 0
        while True:
            try:
                for run_id in await self._kit.standings.deletions():
                    self._due_s.setdefault(run_id, self._kit.clock.monotonic_s())
            except Exception as error:
                # The border of the deletions: a ledger that cannot be read now can be read later.
                log.exception("the deletions could not be read")
                self._kit.broke(error)
                failures += 1
                await anyio.sleep(max(LEAST_S, self._kit.backoff.wait_s(failures, self._kit.chance())))
            else:
                return

    async def _delete(self, run_id: str) -> None:
        try:
            answer = await self._kit.telemetry.delete(run_id)
            if answer.problem == RUN_ACTIVE:
                answer = await self._end_there(run_id)
        except Exception as error:
            # The border of one deletion: one that breaks is tried again.
            log.exception("a deletion at telemetry broke", run_id=run_id)
            self._kit.broke(error)
            self._later(run_id)
            return
        if answer.problem == UNKNOWN_RUN and run_id not in self._unknown:
            self._unknown.add(run_id)
            self._due_s[run_id] = self._kit.clock.monotonic_s() + self._kit.pace.confirm_deletion_s
        elif answer.is_success or answer.problem in {UNKNOWN_RUN, "run-expired"}:
            self._kit.link.answered()
            self._done(run_id)
        else:
            trouble = trouble_of(answer) or Trouble(Cause.NOT_TELEMETRY, "the answer is not telemetry's")
            self._kit.failed(trouble, with_events=False)
            self._later(run_id, answer.retry_after_s)

    async def _end_there(self, run_id: str) -> Answer:
        """Telemetry takes a run for active whose end it never got: give it one, then delete it."""
        theirs = await self._kit.telemetry.run(run_id)
        if not isinstance(theirs, Theirs):
            return theirs if isinstance(theirs, Answer) else Answer(status=404, problem=UNKNOWN_RUN)
        event = {
            "type": "run_finished",
            "seq": theirs.last + 1,
            "epoch": theirs.epoch,
            "time": format_time(self._kit.clock.now_ms()),
            "data": {"status": "cancelled", "reason": "deleted at the executor"},
        }
        ended = await self._kit.telemetry.post(run_id, dumps(event) + b"\n")
        return await self._kit.telemetry.delete(run_id) if ended.is_success else ended

    def _later(self, run_id: str, asked_s: float | None = None) -> None:
        failures = self._failures[run_id] = self._failures.get(run_id, 0) + 1
        wait_s = max(
            LEAST_S, self._kit.backoff.wait_s(failures, self._kit.chance()), min(asked_s or 0.0, LONGEST_ASKED_S)
        )
        self._due_s[run_id] = self._kit.clock.monotonic_s() + wait_s

    def _done(self, run_id: str) -> None:
        self._due_s.pop(run_id, None)
        self._failures.pop(run_id, None)
        self._unknown.discard(run_id)
        now_ms = self._kit.clock.now_ms()
        self._kit.ledger.write(run_id, 0, (), (Deletion(run_id=run_id, asked_ms=now_ms, done_ms=now_ms),))
