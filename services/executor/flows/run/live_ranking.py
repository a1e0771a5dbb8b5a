"""The ranking while a run is judged: fitted again from its comparisons as they come, beside the loop."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

import anyio
import anyio.to_thread
import structlog

from services.executor.core.planning.plan import PAIRWISE_EVAL, POST_COMBINE_EVAL, Plan
from services.executor.core.presets.preset import Preset
from services.executor.core.ranking.cells import Cell
from services.executor.core.ranking.event import ranking_event
from services.executor.core.ranking.ranking import Contestant, ModelField, rank_documents
from services.executor.core.records import Pair
from services.executor.core.results.outcome import combined, contestants
from services.executor.flows.ports import Clock
from services.executor.flows.run.run_log import EventData, RunLog

INTERVAL_S = 1.0
"""Not more than one ``ranking_changed`` in this time."""

_MOST_SHARE = 0.25
"""A fit that takes long is repeated less often: it has at most this share of the time."""

Sleep = Callable[[float], Awaitable[None]]
Key = tuple[str, str]
"""A phase and an input."""

LAST_WITHIN_S = 1.5
"""A run that is told to stop has so long for its last ranking; the results work it out all the same."""

log = structlog.get_logger()


class _NotWantedError(Exception):
    """Nobody waits for this fit any more."""


@dataclass(slots=True)
class _Fit:
    """What one fit begins with and makes anew. Its thread alone has it: one that nobody waits for changes nothing."""

    rows: dict[Key, list[EventData]]
    meetings: dict[str, list[Cell]]
    wanted: bool = True

    def look(self) -> None:
        if not self.wanted:
            raise _NotWantedError


class LiveRanking:
    """One run's ranking. Only inputs with new comparisons are fitted again."""

    def __init__(
        self, preset: Preset, plan: Plan, run_log: RunLog, *, clock: Clock, sleep: Sleep = anyio.sleep
    ) -> None:
        self._seed = preset.seed
        self._log = run_log
        self._clock = clock
        self._sleep = sleep
        compares = preset.pairwise_eval is not None
        own, made = (contestants(preset, plan), combined(preset, plan)) if compares else ({}, {})
        self._contestants: dict[str, list[Contestant]] = own
        self._after = {name: [*own[name], *found] for name, found in made.items() if name in own}
        self._models = ModelField(item for found in own.values() for item in found)
        self._pairs: dict[Key, dict[str, Pair]] = {}
        self._changed: set[Key] = set()
        self._woken = anyio.Event()
        self._rows: dict[Key, list[EventData]] = {}
        self._meetings: dict[str, list[Cell]] = {}
        self._fitting = anyio.Lock()
        self._told_s: float | None = None
        self._in_a_hurry = False
        self._last: anyio.CancelScope | None = None

    def judged(self, pair: Pair) -> None:
        """A comparison has been judged; returns at once."""
        key = (pair.phase, pair.input)
        self._pairs.setdefault(key, {})[pair.item_id] = pair
        self._changed.add(key)
        self._woken.set()

    def restore(self, pairs: Iterable[Pair]) -> None:
        """An earlier life of the run brought these; whether it came to say what follows from them nobody knows."""
        for pair in pairs:
            self.judged(pair)

    async def run(self) -> None:
        """Report what has changed, together with what changes soon after; until cancelled."""
        wait_s = INTERVAL_S
        while True:
            await self._woken.wait()
            await self._sleep(wait_s)
            began_s = self._clock.monotonic_s()
            await self.report()
            wait_s = max(INTERVAL_S, (self._clock.monotonic_s() - began_s) / _MOST_SHARE)

    async def report(self) -> None:
        """Report what has changed since the last report; nothing, if nothing has."""
        async with self._fitting:
            if not self._changed:
                return
            await self._keep_distance()
            changed, self._changed, self._woken = self._changed, set(), anyio.Event()
            fit = _Fit(dict(self._rows), dict(self._meetings))
            try:
                # A snapshot: what is judged meanwhile is in the next.
                judged = {key: list(self._pairs[key].values()) for key in sorted(changed)}
                data = await anyio.to_thread.run_sync(partial(self._fitted, judged, fit), abandon_on_cancel=True)
            except anyio.get_cancelled_exc_class():
                # Not told yet: the last report before the run's end tells it. The thread ends at its next step.
                fit.wanted = False
                self._changed |= changed
                raise
            except Exception:
                # A border: the run goes on. The next report tries these again, so that none is told without them.
                self._changed |= changed
                log.exception("the live ranking could not be worked out", run_id=self._log.run_id)
                told = "the ranking could not be worked out; the executor's log says why, the results try again"
                self._log.report("log", {"level": "error", "message": told})
                return
            self._rows, self._meetings = fit.rows, fit.meetings
            self._log.report("ranking_changed", data)
            self._told_s = self._clock.monotonic_s()

    async def report_last(self, *, within_s: float) -> None:
        """As ``report``, for the last time: given up after so long, and when somebody is in a hurry.

        The results work it out from the same comparisons all the same.
        """
        with anyio.move_on_after(0 if self._in_a_hurry else within_s) as self._last:
            await self.report()

    def hurry(self) -> None:
        """Whoever stops the executor, or cancels a run that is just ending, does not wait for its last ranking."""
        self._in_a_hurry = True
        if self._last is not None:
            self._last.cancel()

    async def _keep_distance(self) -> None:
        """Wait until the last report is long enough ago, also for the one at the run's end."""
        if self._told_s is not None:
            left_s = self._told_s + INTERVAL_S - self._clock.monotonic_s()
            if left_s > 0:
                await self._sleep(left_s)

    def _fitted(self, judged: dict[Key, list[Pair]], fit: _Fit) -> EventData:
        """In a thread, which may outlast whoever waited for it."""
        for (phase, input_), pairs in judged.items():
            if phase == PAIRWISE_EVAL and input_ in self._contestants:
                fit.rows[phase, input_] = self._ranked(self._contestants[input_], pairs, fit)
                fit.meetings[input_] = self._models.meetings(pairs)
            elif phase == POST_COMBINE_EVAL and input_ in self._after:
                fit.rows[phase, input_] = self._ranked(self._after[input_], pairs, fit)
        inputs = list(self._contestants)
        return ranking_event(
            {name: fit.rows.get((PAIRWISE_EVAL, name), []) for name in inputs},
            self._models.ranked([fit.meetings.get(name, []) for name in inputs], seed=self._seed, between=fit.look),
            {name: fit.rows.get((POST_COMBINE_EVAL, name), []) for name in inputs},
        )

    def _ranked(self, contestants: list[Contestant], pairs: list[Pair], fit: _Fit) -> list[EventData]:
        fit.look()
        return rank_documents(contestants, pairs, seed=self._seed, between=fit.look)
