"""The time a phase has: it runs from ``phase_started`` and stands still with the run."""

import math

import anyio

from services.executor.flows.run.live_run import LiveRun
from shared.events import PhaseName


async def watch_phases(run: LiveRun) -> None:
    """End every phase whose time is over; until cancelled."""
    while True:
        moved, next_s = run.holds.moved, math.inf
        for phase, limit_s in run.preset.limits.phase_timeout_s.items():
            left_s = run.phase_times.left_s(phase, limit_s)
            if left_s <= 0 and run.phase_times.over(phase) is None:
                end_phase(run, phase, limit_s)
            elif left_s > 0:
                next_s = min(next_s, left_s)
        with anyio.move_on_after(math.inf if run.holds.any else next_s):
            await moved.wait()


def end_phase(run: LiveRun, phase: PhaseName, limit_s: float) -> None:
    """Ask nothing more in this phase and abort what is under way; everything else goes on."""
    calls = [call for call in run.open_calls if call.planned.phase == phase]
    message = f"limits.phase_timeout_s {limit_s:g} of {phase} is over"
    run.phase_times.end(phase, message)
    run.alert("phase_timeout", message, alert_id=f"phase_timeout:{phase}", severity="error")
    ordinals = {call.planned.ordinal for call in calls}
    run.turn_away(lambda ticket: ticket.ordinal in ordinals, calls, abort=True)
