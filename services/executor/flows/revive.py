"""A run the ledger holds, brought back to life: the same plan, the same ids, what is done stays done."""

import json

from services.executor.core.plan import make_plan
from services.executor.core.preset import Preset
from services.executor.core.records import StoredRun
from services.executor.flows.kit import Kit
from services.executor.flows.live_run import LiveRun
from services.executor.flows.ports import Reader
from services.executor.flows.run_log import RunLog

_PAGE_CALLS = 5000


async def revive(stored: StoredRun, *, kit: Kit, reader: Reader) -> LiveRun:
    """The run as it was when it stopped, nothing asked yet."""
    config = json.loads(stored.config)
    texts: dict[str, str] = {}
    for listed in config["documents"]:
        texts[listed["id"]] = await reader.text(stored.run_id, listed["id"]) or ""
    config["documents"] = [{"id": name, "text": text} for name, text in texts.items()]
    preset = Preset.model_validate(config)
    plan = make_plan(preset)
    run_log = await RunLog.reopen(stored.run_id, stored.epoch, ledger=kit.ledger, clock=kit.clock)
    run = LiveRun(preset=preset, plan=plan, log=run_log, kit=kit, texts=texts)
    planned = {call.call_id: call for call in plan.calls()}
    after = 0
    while calls := await reader.calls(stored.run_id, limit=_PAGE_CALLS, after=after):
        for call in calls:
            run.adopt(planned[call.call_id], call)
        after = calls[-1].ordinal
    return run
