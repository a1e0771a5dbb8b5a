"""One run's events: numbered, folded, and handed to the ledger together with the records they report."""

from collections.abc import Sequence
from typing import Any

import anyio.lowlevel
import msgspec

from services.executor.core.lives.auto_resume import interrupted
from services.executor.core.lives.history import History
from services.executor.core.records import AnyRecord, RunState
from services.executor.flows.ports import Clock, Commit, Ledger
from shared.digest import EMPTY, extend
from shared.fold import RunFold
from shared.status import FINAL, STATUS_AFTER, RunStatus, may_follow
from shared.stored import format_time, parse_time, read_line, write_line
from shared.strict_json import dumps, loads

_PAGE_LINES = 2000
_SETTLED_LINES = 1000
"""After so many the fold counts what has changed, which would otherwise be a long step at the run's end."""

_BREATH_LINES = 200
"""After so many the others have their turn."""

_PAGE_BYTES = 8 * 1024 * 1024

EventData = dict[str, Any]


class IllegalMoveError(Exception):
    """A status was to follow one it may not follow."""


class RunLog:
    """Numbers a run's events. Reporting never waits: whoever must, waits for the commit it gets."""

    def __init__(self, run_id: str, epoch: str, *, ledger: Ledger, clock: Clock) -> None:
        self.run_id = run_id
        self.epoch = epoch
        self.fold = RunFold()
        self.past = History()
        """What was in the log when it was reopened."""
        self.seq = 0
        self._digest = EMPTY
        self._digest_is_true = True
        self._ledger = ledger
        self._clock = clock
        self._time = (0, "")
        self._warned: set[str] = set()
        self._settled_seq = 0

    @classmethod
    async def reopen(cls, run_id: str, epoch: str, *, ledger: Ledger, clock: Clock) -> "RunLog":
        """The log of a run that has events already: folded again from them."""
        run_log = cls(run_id, epoch, ledger=ledger, clock=clock)
        while True:
            lines = await ledger.lines(run_id, after=run_log.seq, most=_PAGE_LINES, most_bytes=_PAGE_BYTES)
            if not lines:
                return run_log
            for number, line in enumerate(lines):
                if number % _BREATH_LINES == 0:
                    run_log._settle()
                    await anyio.lowlevel.checkpoint()
                stored = read_line(line)
                time_ms, data = parse_time(stored.time) or 0, loads(bytes(stored.data))
                run_log.fold.apply(stored.seq, stored.type, stored.time, time_ms, data)
                run_log.past.take(stored.type, time_ms, data)
                run_log.seq = stored.seq
            run_log._digest = extend(run_log._digest, lines)

    def report(self, type_: str, data: EventData, *records: AnyRecord) -> Commit:
        """The next event, in one transaction with these records."""
        return self.report_all([(type_, data)], records)

    def report_all(
        self,
        events: Sequence[tuple[str, EventData]],
        records: Sequence[AnyRecord],
        *,
        closing: tuple[RunStatus, str | None] | None = None,
    ) -> Commit:
        """The next events, in one transaction with each other and these records.

        ``closing`` (status and reason) also keeps the stats as they are after these events.
        """
        first_seq, lines = self.seq + 1, []
        now_ms = self._clock.now_ms()
        time = self._time_text(now_ms)
        for type_, data in events:
            self.seq += 1
            line = write_line(
                type_=type_,
                run_id=self.run_id,
                seq=self.seq,
                epoch=self.epoch,
                id_=None,
                time=time,
                data=_encoded(data),
            )
            lines.append(line)
            self.fold.apply(self.seq, type_, time, now_ms, data)
        self._digest = extend(self._digest, lines)
        if self.seq - self._settled_seq >= _SETTLED_LINES:
            self._settle()
        if closing is not None:
            records = [*records, self._closed(*closing, now_ms)]
        return self._ledger.write(self.run_id, first_seq, lines, records)

    def warn_once(self, message: str) -> None:
        """A warning that would be the same each time: said once in a life of the run."""
        if message not in self._warned:
            self._warned.add(message)
            self.report("log", {"level": "warning", "message": message})

    def move(self, type_: str, reason: str | None = None) -> Commit:
        """The run goes into the state this event leads to; raises ``IllegalMoveError`` where it may not."""
        status = STATUS_AFTER[type_]
        self._check(status)
        return self.report(type_, {"reason": reason}, RunState(run_id=self.run_id, status=status, reason=reason))

    def resume(self, reason: str, data: EventData, *records: AnyRecord) -> Commit:
        """The run goes on with this plan and these limits (the data of ``run_resumed``); raises ``IllegalMoveError``."""
        self._check(RunStatus.RUNNING)
        state = RunState(run_id=self.run_id, status=RunStatus.RUNNING, reason=reason)
        return self.report("run_resumed", {"reason": reason, **data}, state, *records)

    def interrupt(
        self,
        reason: str,
        events: Sequence[tuple[str, EventData]] = (),
        records: Sequence[AnyRecord] = (),
        *,
        stopped_ms: int | None = None,
    ) -> Commit:
        """The run stands still until it is resumed: these events, then ``run_interrupted``, in one transaction.

        ``stopped_ms`` is when it stopped, where that was not just now.
        """
        self._check(RunStatus.INTERRUPTED)
        since_ms = self._clock.now_ms() if stopped_ms is None else stopped_ms
        data = interrupted(reason, status=self.fold.status, why=self.fold.reason, stopped_ms=since_ms)
        return self.report_all([*events, ("run_interrupted", data)], records, closing=(RunStatus.INTERRUPTED, reason))

    async def finish(self, status: RunStatus, reason: str | None = None) -> Commit:
        """The last event, with what the log before it holds."""
        self._check(status)
        if not self._digest_is_true:
            await self._digest_again()
        data: EventData = {"status": status, "reason": reason, "events": self.seq, "digest": self._digest.hex()}
        return self.report_all([("run_finished", data)], (), closing=(status, reason))

    def distrust_digest(self) -> None:
        """A stored line was replaced: the digest must be taken from the ledger before it is stated."""
        self._digest_is_true = False

    @property
    def status(self) -> RunStatus:
        """Where the run stands."""
        return self.fold.status

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.fold.status in FINAL

    def _closed(self, status: RunStatus, reason: str | None, now_ms: int) -> RunState:
        return RunState(
            run_id=self.run_id,
            status=status,
            reason=reason,
            finished_ms=now_ms if status in FINAL else None,
            stats=dumps(self.fold.stats()).decode(),
        )

    def _settle(self) -> None:
        self._settled_seq = self.seq
        self.fold.settle()

    def _time_text(self, now_ms: int) -> str:
        if now_ms != self._time[0]:
            self._time = (now_ms, format_time(now_ms))
        return self._time[1]

    def _check(self, then: RunStatus) -> None:
        if not may_follow(self.fold.status, then):
            raise IllegalMoveError(f"{then} may not follow {self.fold.status}")

    async def _digest_again(self) -> None:
        digest, after = EMPTY, 0
        await self._ledger.flush()
        while after < self.seq:
            lines = await self._ledger.lines(self.run_id, after=after, most=_PAGE_LINES, most_bytes=_PAGE_BYTES)
            digest = extend(digest, lines)
            after += len(lines)
        self._digest = digest
        self._digest_is_true = True


def _encoded(data: EventData) -> bytes:
    """The data as ``strict_json.dumps`` writes it; where nothing needs escaping msgspec does so ten times as fast."""
    quick = msgspec.json.encode(data)
    return quick if quick.isascii() and b"\\" not in quick else dumps(data)
