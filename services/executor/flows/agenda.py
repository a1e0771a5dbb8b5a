"""What is left of a run's plan at the start of one of its lives."""

from services.executor.core.plan import PlannedCall
from services.executor.flows.live_run import LiveRun


def due(run: LiveRun) -> list[PlannedCall]:
    """The calls that have not ended and can be asked now: judges of a document that is still to be made cannot."""
    plan, progress = run.plan, run.progress
    made = [call.document for call in plan.generation if progress.has_succeeded(call.call_id)]
    ready = made if plan.generation else list(plan.judging)
    judges = [call for document in ready for call in plan.judging.get(document, ())]
    return progress.open_calls(plan.generation) + progress.open_calls(judges)


def give_up_judges(run: LiveRun) -> None:
    """Judges of documents whose generation has ended without one can never be asked."""
    for call in run.plan.generation:
        if run.progress.has_ended(call.call_id) and not run.progress.has_succeeded(call.call_id):
            run.cancel_judges(call.document)


def end_phases_without_calls(run: LiveRun) -> None:
    """Say that phases have ended which an earlier life of the run left open with nothing more to do."""
    for phase in run.progress.goes_on(run.log.past.open_phases):
        run.log.report("phase_finished", {"phase": phase, "planned_calls": run.plan.phases[phase]})
