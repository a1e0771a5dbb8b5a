"""A run the ledger holds, brought back to life: the same plan, the same ids, what is done stays done."""

import json
from typing import Any

import anyio.to_thread

from services.executor.core.lives.history import History, UsedUp
from services.executor.core.planning.plan import Plan, make_plan
from services.executor.core.presets.preset import Preset
from services.executor.core.records import Attempt, StoredRun
from services.executor.flows.kit import Kit
from services.executor.flows.ports import Reader
from services.executor.flows.run.agenda import read_agenda
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.run_log import RunLog
from services.executor.flows.runs.first_records import MEASURES

_PAGE_CALLS = 1000
_MS_PER_S = 1000


async def revive(stored: StoredRun, *, kit: Kit, reader: Reader, asked: bool, asks_again: bool = True) -> LiveRun:
    """The run as it was when it stopped, nothing asked yet.

    ``asked`` where a person wants what went wrong to be tried again; otherwise a call that has ended stays so.
    ``asks_again`` is False where the run is only to be brought to its end.
    """
    run_log = await RunLog.reopen(stored.run_id, stored.epoch, ledger=kit.ledger, clock=kit.clock)
    if asked:
        run_log.past.forget()
    preset = await preset_of(stored, reader)
    # Beside the loop, as all that takes as long as the plan is large.
    plan = await anyio.to_thread.run_sync(make_plan, preset)
    run = LiveRun(
        preset=preset,
        plan=plan,
        log=run_log,
        kit=kit,
        texts={document.id: document.text for document in preset.documents},
        used=await anyio.to_thread.run_sync(used_up, await reader.attempts(stored.run_id), run_log.past),
    )
    await _adopt(run, plan, reader, asks_again=asks_again)
    if asks_again:
        await read_agenda(run, reader)
    return run


def used_up(attempts: list[Attempt], past: History) -> UsedUp:
    """What all attempts together have spent; one whose cost nobody knows has spent what was reserved for it."""
    return UsedUp(
        requests=len(attempts),
        cost_nano=sum(_cost_nano(attempt) for attempt in attempts),
        time_s=past.running_ms / _MS_PER_S,
        phases_began_s={phase: began_ms / _MS_PER_S for phase, began_ms in past.phases_began_ms.items()},
    )


def _cost_nano(attempt: Attempt) -> int:
    if attempt.cost_nano is not None:
        return attempt.cost_nano
    return 0 if attempt.sent == "no" else attempt.reserved_nano


async def preset_of(stored: StoredRun, reader: Reader) -> Preset:
    """What the run was told, with the limits that hold now."""
    config = json.loads(stored.config)
    texts = await reader.texts(stored.run_id, [listed["id"] for listed in config["documents"]])
    config["documents"] = [
        {"text": texts.get(listed["id"], ""), **_without_measures(listed)} for listed in config["documents"]
    ]
    return await anyio.to_thread.run_sync(Preset.model_validate, config)


async def _adopt(run: LiveRun, plan: Plan, reader: Reader, *, asks_again: bool) -> None:
    planned = await anyio.to_thread.run_sync(lambda: {call.call_id: call for call in plan.calls()})
    after = 0
    while calls := await reader.calls(run.run_id, limit=_PAGE_CALLS, after=after):
        for call in calls:
            run.adopt(planned[call.call_id], call, run.log.past.of(call.call_id), asks_again=asks_again)
        after = calls[-1].ordinal


def _without_measures(listed: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in listed.items() if key not in MEASURES}
