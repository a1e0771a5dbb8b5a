"""A run that stands still and goes on without having ended: because somebody asked, or because nothing can be written."""

import anyio

from services.executor.core.lives.history import ASKED, STORAGE
from services.executor.core.presets.new_limits import config_with_limits
from services.executor.core.presets.preset import Preset
from services.executor.core.records import AnyRecord, NewLimits
from services.executor.flows.ports import Commit
from services.executor.flows.run.live_run import LiveRun
from services.executor.flows.run.run_log import EventData
from shared.status import RunStatus

_STORAGE_ALERT = "storage"
_OF_ONE_LIFE = frozenset({"breaker", "budget", "phase_timeout", "retry_storm", _STORAGE_ALERT})
"""Kinds of alerts that are about what a resume begins anew."""


def pause(run: LiveRun) -> Commit | None:
    """Begin no request any more until ``go_on``; those under way come to their end. None where that is so already."""
    if "pause" in run.holds:
        return None
    run.holds.put("pause")
    run.slots.hold()
    return run.log.move("run_paused", ASKED) if run.log.status is RunStatus.RUNNING else None


def go_on(run: LiveRun, config: str, changed: Preset | None) -> Commit | None:
    """A person lets the run go on, with these limits if they are others; None where nothing changes by that.

    ``config`` is the run's config as the ledger keeps it.
    """
    if "pause" not in run.holds and changed is None:
        return None
    if run.log.status is RunStatus.RUNNING:
        # Limits that change under way are a pause of no length: the log has one way to state new limits.
        run.log.move("run_paused", ASKED)
    run.holds.lift("pause")
    if changed is not None:
        run.take_limits(changed)
    commit = run.log.resume(ASKED, resumed(run), new_limits(run, config))
    begin_anew(run)
    if run.holds.any:
        return run.log.move("run_paused", STORAGE)
    run.slots.go_on()
    return commit


def storage_lost(run: LiveRun, why: str) -> None:
    """The ledger cannot be written. These events are written when it can be again."""
    if "storage" in run.holds or run.is_ending:
        return
    run.holds.put("storage")
    run.slots.hold()
    message = f"the ledger cannot be written, no request is sent: {why}"
    run.alert("storage", message, alert_id=_STORAGE_ALERT, severity="error")
    if run.log.status is RunStatus.RUNNING:
        run.log.move("run_paused", STORAGE)


def storage_back(run: LiveRun) -> None:
    """The ledger can be written again. A run that ends says so before its last event: nothing may follow that."""
    if "storage" not in run.holds:
        return
    run.holds.lift("storage")
    run.alert("storage", "the ledger can be written again", alert_id=_STORAGE_ALERT, state="cleared")
    if run.is_ending:
        return
    if run.log.status is RunStatus.PAUSED and run.log.fold.reason == STORAGE:
        run.log.resume(STORAGE, resumed(run))
        if run.holds.any:
            run.log.move("run_paused", ASKED)
    if not run.holds.any:
        run.slots.go_on()


def begin_anew(run: LiveRun) -> None:
    """What a person's resume of a run that only stood still forgets: failures of models, attempts and deaths."""
    limits = run.preset.limits
    run.breaker.begin_anew(limits.identical_failures)
    run.storm.begin_anew(limits.retry_share)
    for call in run.open_calls:
        call.counted, call.deaths = 0, 0
        if call.wake.is_set() and not run.may_not_ask(call):
            # Set when its model was given up: left so, no pause between its attempts would last.
            call.wake = anyio.Event()
    clear_alerts(run)


def clear_alerts(run: LiveRun) -> None:
    """What was said about an earlier life is not true of the one that begins; if it still is, it will be said again."""
    for alert in run.log.fold.stats()["alerts"]:
        if alert.get("kind") in _OF_ONE_LIFE:
            run.alert(alert["kind"], "the run goes on", alert_id=alert["alert_id"], state="cleared")


def resumed(run: LiveRun) -> EventData:
    """The data of ``run_resumed``, its reason left out."""
    return {
        "planned_calls": run.plan.planned_calls,
        "max_requests_total": run.ceiling(),
        "limits": run.preset.limits_shown(),
    }


def new_limits(run: LiveRun, config: str) -> AnyRecord:
    """What the ledger keeps of a resume, so that it holds after a crash too."""
    return NewLimits(
        run_id=run.run_id,
        config=config_with_limits(config, run.preset),
        max_requests_total=run.ceiling(),
    )
