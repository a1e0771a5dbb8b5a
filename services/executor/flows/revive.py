"""A run the ledger holds, brought back to life: the same plan, the same ids, what is done stays done."""

import json

from services.executor.core.history import UsedUp
from services.executor.core.plan import Plan, make_plan
from services.executor.core.preset import Preset
from services.executor.core.records import Attempt, StoredRun
from services.executor.flows.kit import Kit
from services.executor.flows.live_run import LiveRun
from services.executor.flows.ports import Reader
from services.executor.flows.run_log import RunLog

_PAGE_CALLS = 5000
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
    plan = make_plan(preset)
    run = LiveRun(
        preset=preset,
        plan=plan,
        log=run_log,
        kit=kit,
        texts={document.id: document.text for document in preset.documents},
        used=used_up(await reader.attempts(stored.run_id), running_ms=run_log.past.running_ms),
    )
    await _adopt(run, plan, reader, asks_again=asks_again)
    if asks_again:
        await _read_made(run, reader)
    return run


def used_up(attempts: list[Attempt], *, running_ms: int) -> UsedUp:
    """What all attempts together have spent; one whose cost nobody knows has spent what was reserved for it."""
    return UsedUp(
        requests=len(attempts),
        cost_nano=sum(_cost_nano(attempt) for attempt in attempts),
        time_s=running_ms / _MS_PER_S,
    )


def _cost_nano(attempt: Attempt) -> int:
    if attempt.cost_nano is not None:
        return attempt.cost_nano
    return 0 if attempt.sent == "no" else attempt.reserved_nano


async def preset_of(stored: StoredRun, reader: Reader) -> Preset:
    """What the run was told, with the limits that hold now."""
    config = json.loads(stored.config)
    names = [listed["id"] for listed in config["documents"]]
    texts = [await reader.text(stored.run_id, name) or "" for name in names]
    config["documents"] = [{"id": name, "text": text} for name, text in zip(names, texts, strict=True)]
    return Preset.model_validate(config)


async def _adopt(run: LiveRun, plan: Plan, reader: Reader, *, asks_again: bool) -> None:
    planned = {call.call_id: call for call in plan.calls()}
    after = 0
    while calls := await reader.calls(run.run_id, limit=_PAGE_CALLS, after=after):
        for call in calls:
            run.adopt(planned[call.call_id], call, run.log.past.of(call.call_id), asks_again=asks_again)
        after = calls[-1].ordinal


async def _read_made(run: LiveRun, reader: Reader) -> None:
    """The documents made earlier that some judge is still to read."""
    for call in run.plan.generation:
        judges = run.plan.judging.get(call.document, ())
        if run.progress.has_succeeded(call.call_id) and run.progress.open_calls(judges):
            run.texts[call.document] = await reader.text(run.run_id, call.document) or ""
