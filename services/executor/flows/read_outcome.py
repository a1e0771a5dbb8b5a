"""A run's outcome, read from the ledger and worked out beside the loop."""

import json
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio.to_thread

from services.executor.core.planning.plan import make_plan
from services.executor.core.presets.preset import MAX_PLANNED_CALLS
from services.executor.core.records import Attempt, Call, Choice, Pair, Score, StoredRun
from services.executor.core.results.outcome import Outcome, preset_of
from services.executor.flows.ports import Reader

Made = TypeVar("Made")


async def read_outcome(stored: StoredRun, reader: Reader, make: Callable[[Outcome], Made]) -> Made:
    """What ``make`` makes of the run as far as it has come; in a thread, for a large run takes a while."""
    return await anyio.to_thread.run_sync(
        partial(
            _made,
            make,
            stored.config,
            await reader.calls(stored.run_id, limit=MAX_PLANNED_CALLS),
            await reader.scores(stored.run_id),
            await reader.attempts(stored.run_id),
            await reader.pairs(stored.run_id),
            await reader.choices(stored.run_id),
        )
    )


def _made(
    make: Callable[[Outcome], Made],
    config: str,
    calls: list[Call],
    scores: list[Score],
    attempts: list[Attempt],
    pairs: list[Pair],
    choices: list[Choice],
) -> Made:
    preset = preset_of(json.loads(config))
    return make(
        Outcome(
            preset=preset,
            plan=make_plan(preset),
            calls={call.call_id: call for call in calls},
            scores=scores,
            attempts=attempts,
            pairs=pairs,
            choices=choices,
        )
    )
