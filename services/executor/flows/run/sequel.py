"""What follows from the end of a call, carried out: little at once, much in parts."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence

import anyio
import anyio.lowlevel

from services.executor.core.planning.agenda_input import Moves
from services.executor.core.planning.plan import PlannedCall
from services.executor.core.records import Choice
from services.executor.flows.run.run_log import RunLog
from shared.strict_json import dumps

AT_A_TIME = 500
"""A large plan must neither fill the memory with unwritten events nor hold up the others."""

BREATH = 50
"""After so many the others have their turn."""


class Sequel:
    """Carries out one run's moves."""

    def __init__(
        self,
        *,
        log: RunLog,
        texts: dict[str, str],
        queue: Callable[[Sequence[PlannedCall]], None],
        cancel: Callable[[Iterable[PlannedCall], str], None],
    ) -> None:
        self._log = log
        self._texts = texts
        self._queue = queue
        self._cancel = cancel
        self._later: deque[PlannedCall] = deque()
        self._never_later: deque[tuple[PlannedCall, str]] = deque()
        self._called_off = 0
        """Since what was written has last been waited for."""
        self._more = anyio.Event()

    def carry_out(self, moves: Moves) -> None:
        """Choices are in one transaction with the first calls they queue; what nobody reads any more is not kept."""
        if moves.choices:
            self._log.report_all([], [self._choice(*chosen) for chosen in moves.choices])
        for document in moves.unread:
            self._texts.pop(document, None)
        self._queue(moves.due[:AT_A_TIME])
        if len(moves.due) > AT_A_TIME:
            self._later.extend(moves.due[AT_A_TIME:])
            self._more.set()
        for calls, why in moves.never:
            if self._never_later or self._called_off + len(calls) > AT_A_TIME:
                self._never_later.extend((call, why) for call in calls)
                self._more.set()
            else:
                self._called_off += len(calls)
                self._cancel(calls, why)

    async def queue_the_rest(self, written: Callable[[], Awaitable[None]]) -> None:
        """Queue and call off what was too much at once, each part when the one before is ``written``; until cancelled."""
        while True:
            await self._more.wait()
            self._more = anyio.Event()
            while self._later or self._never_later:
                await written()
                self._called_off = 0
                for _ in range(AT_A_TIME // BREATH):
                    self._queue([self._later.popleft() for _ in range(min(BREATH, len(self._later)))])
                    for _ in range(min(BREATH, len(self._never_later))):
                        call, why = self._never_later.popleft()
                        self._cancel([call], why)
                    await anyio.lowlevel.checkpoint()

    def _choice(self, phase: str, input_: str, documents: list[str]) -> Choice:
        return Choice(run_id=self._log.run_id, phase=phase, input=input_, documents=dumps(documents).decode())
